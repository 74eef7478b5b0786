import { Rng } from "../../core/rng.ts";
import { bootstrapBand, type Interval, resample } from "../statistics/bootstrap.ts";
import { mean } from "../statistics/descriptive.ts";

/** Whether a claim holds, and the sentence that says so with its numbers. */
export interface Verdict {
  readonly holds: "holds" | "does not hold" | "undecided";
  readonly sentence: string;
}

/** One score a run, by model. */
export type Scores = ReadonlyMap<string, readonly number[]>;

/** "a does better than b", or at least as well, but for a margin. */
export interface Comparison {
  readonly kind: "better" | "as good";
  readonly model: string;
  readonly than: string;
}

/** What the paper says of HH and s-LIF2HH: better than LIF of the same width, equal to LIF of four times the width. */
export const PAPER_COMPARISONS: readonly Comparison[] = [
  { kind: "better", model: "hh-published", than: "lif" },
  { kind: "better", model: "s-lif2hh", than: "lif" },
  { kind: "as good", model: "hh-published", than: "4lif" },
  { kind: "as good", model: "s-lif2hh", than: "4lif" },
];

export interface Judgement {
  readonly scores: Scores;
  readonly comparisons?: readonly Comparison[];
  /** By how much "as good" may be worse. */
  readonly margin: number;
  readonly show: (value: number) => string;
  /** After the numbers, e.g. points. */
  readonly unit?: string;
  /** Independent runs below which nothing is claimed. */
  readonly leastRuns?: number;
}

/**
 * Each comparison by the 95 % bootstrap interval of the difference of the means over runs: `better` holds where it lies
 * above 0 and fails where it lies below; `as good` holds where it lies above -margin and fails where it lies below.
 * The whole claim holds where all of it does, and does not where any part does not.
 */
export function judge({
  scores,
  margin,
  show,
  unit = "",
  comparisons = PAPER_COMPARISONS,
  leastRuns = 3,
}: Judgement): Verdict {
  const parts = comparisons.flatMap(({ kind, model, than }) => {
    const [a, b] = [scores.get(model) ?? [], scores.get(than) ?? []];
    if (a.length === 0 || b.length === 0) return [];
    const difference = mean(a) - mean(b);
    const [low, high] = differenceInterval(a, b, `${model}/${than}`);
    const runs = Math.min(a.length, b.length);
    const few = runs < leastRuns;
    const holds = few ? "undecided" : decide(kind, low, high, margin);
    const what = kind === "better" ? "better than" : "as good as";
    const sure = few ? `, of ${runs} run${runs === 1 ? "" : "s"} only` : ` [${show(low)}, ${show(high)}]`;
    const measured = `${show(difference)}${unit === "" ? "" : ` ${unit}`}${sure}`;
    return [{ holds, text: `${model} ${what} ${than}: ${holds} (difference ${measured})` }];
  });
  if (parts.length === 0) return { holds: "undecided", sentence: "None of the compared models was run." };
  return {
    holds: parts.some((part) => part.holds === "does not hold")
      ? "does not hold"
      : parts.every((part) => part.holds === "holds")
        ? "holds"
        : "undecided",
    sentence: `${parts.map(({ text }) => text).join("; ")}.`,
  };
}

function decide(kind: Comparison["kind"], low: number, high: number, margin: number): Verdict["holds"] {
  if (kind === "better") return low > 0 ? "holds" : high < 0 ? "does not hold" : "undecided";
  return low > -margin ? "holds" : high < -margin ? "does not hold" : "undecided";
}

/** Interval of the difference of two means, either sample drawn on its own. */
function differenceInterval(a: readonly number[], b: readonly number[], name: string): Interval {
  const rng = new Rng(`verdict/${name}`);
  return bootstrapBand(() => [mean(resample([a], rng)[0]!) - mean(resample([b], rng)[0]!)])[0]!;
}
