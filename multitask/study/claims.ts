import { formatMarkdownTable } from "../../training/markdown.ts";
import { type Group, groupOf } from "./groups.ts";
import { pairedDifference, showInterval } from "./interval.ts";
import { SECOND_RATE } from "./plan.ts";

/** What the paper says of two neurons, and what a reader asks of the biophysical one. */
const CLAIMS = [
  ["hh-published", "lif", "better", "HH (as published) beats LIF of the same width"],
  ["s-lif2hh", "lif", "better", "s-LIF2HH beats LIF of the same width"],
  ["hh-published", "4lif", "equal", "HH (as published) equals LIF of four times the width"],
  ["s-lif2hh", "4lif", "equal", "s-LIF2HH equals LIF of four times the width"],
  ["hh", "lif", "better", "biophysical HH beats LIF of the same width"],
  ["hh", "hh-published", "better", "biophysical HH beats HH as published"],
] as const;

/**
 * Each claim whose models were run, with the difference that speaks for or against it.
 *
 * @param rates the same models under `matched` at the second learning rate
 */
export function claimSection(groups: readonly Group[], rates: readonly Group[]): string[] {
  const tables = [
    ["published", groups, "published"],
    ["matched", groups, "matched"],
    [`matched, rate ${SECOND_RATE}`, rates, "matched"],
  ] as const;
  const rows = tables.flatMap(([label, own, settings]) =>
    ["fc", "conv"].flatMap((body) =>
      CLAIMS.flatMap(([a, b, kind, claim]) => {
        const [one, other] = [a, b].map((neuron) => groupOf(own, `${neuron}-${body}`, settings));
        if (one === undefined || other === undefined) return [];
        const difference = pairedDifference(bothTasks(one), bothTasks(other));
        if (difference === null) return [];
        const { pairs, mean, half } = difference;
        return [
          [label, body, claim, String(pairs), showInterval(difference, true), verdict(kind, mean, half)],
        ];
      }),
    ),
  );
  if (rows.length === 0) return [];
  return [
    "## Claims",
    "Differences are those of the mean accuracy of both tasks, in points, the first named less the second, between runs of the same seed: their mean and, in brackets, its 95 % interval (Student's t). " +
      "They are paired because runs of one seed see the samples in the same order and draw their weights from the same stream: they are not independent, as Welch's interval takes them to be. " +
      "A few seeds give wide intervals: what is open is not refuted, and no difference seen is not equality shown.",
    formatMarkdownTable(
      ["settings", "networks", "claim", "seeds", "difference", "does it hold"],
      rows,
      (column) => column === 3 || column === 4,
    ),
  ];
}

/** What an interval says of a claim. */
export function verdict(kind: "better" | "equal", mean: number, half: number | null): string {
  if (half === null) return "one seed, no interval: open";
  const [above, below] = [mean - half > 0, mean + half < 0];
  if (kind === "better") return above ? "yes" : below ? "no: worse" : "open: zero is in the interval";
  return above ? "no: better" : below ? "no: worse" : "no difference seen";
}

/** Mean accuracy of both tasks by seed. */
export function bothTasks({ runs }: Group): Map<number, number> {
  return new Map(runs.map((r) => [r.seed, (r.accuracy[0]! + r.accuracy[1]!) / 2]));
}
