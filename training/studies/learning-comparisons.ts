import { measureCurve } from "../learning-curve.ts";
import { formatMarkdownTable } from "../markdown.ts";
import { type RankComparison, rankTest } from "../statistics/rank-test.ts";
import { CLAIMED_PAIRS } from "./claimed-pairs.ts";
import type { LearningRecord } from "./learning-data.ts";

/** The paper's question, and whether a wider network of the plain neuron does what a richer one would. */
const PAIRS = [...CLAIMED_PAIRS, ["4lif", "lif"]] as const;

/** What of a run is compared; more is better. */
const MEASURES = ["solved earlier", "area", "last ten"] as const;

export const COMPARISON_HELP =
  "- **neurons against each other**: how likely a run of the first beats one of the second (ties half), and in brackets how often " +
  "chance alone would set the runs as far apart, by the exact rank test over the runs, to either side; in bold where that is below " +
  "0.05, with no correction for how many pairs are looked at. Three runs against three cannot get below 0.10, however they lie, " +
  "five against five not below 0.008.";

/** A run's measures, in their order. */
function scoresOf(run: LearningRecord): number[] {
  const { solvedAtStep, area, lastTen } = measureCurve(run.curve, run.solvedReturn);
  return [-(solvedAtStep ?? Number.POSITIVE_INFINITY), area, lastTen];
}

/** Neurons against each other on one task: nothing where no pair was run. */
export function renderComparisons(runs: readonly LearningRecord[]): string[] {
  const of = (model: string) => runs.filter((run) => run.model === model).map(scoresOf);
  const pairs = PAIRS.flatMap(([first, second]) => {
    const [x, y] = [of(first), of(second)];
    if (x.length < 2 || y.length < 2) return [];
    const compared = MEASURES.map((_, k) =>
      rankTest(
        x.map((scores) => scores[k]!),
        y.map((scores) => scores[k]!),
      ),
    );
    return [{ first, second, runs: [x.length, y.length] as const, compared }];
  });
  if (pairs.length === 0) return [];
  return [
    "Neurons against each other ([how to read it](#how-to-read-the-columns)):",
    formatMarkdownTable(
      ["neuron", "against", "runs", ...MEASURES],
      pairs.map(({ first, second, runs: [n, m], compared }) => [
        first,
        second,
        `${n}, ${m}`,
        ...compared.map(show),
      ]),
      (column) => column > 1,
    ),
  ];
}

function show({ probability, p }: RankComparison): string {
  const text = `${probability.toFixed(2)} (${p < 0.001 ? "< 0.001" : p.toFixed(3)})`;
  return p < 0.05 ? `**${text}**` : text;
}
