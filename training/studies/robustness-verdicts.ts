import { Rng } from "../../core/rng.ts";
import { agentsOf, type ScoreCell } from "../report/cells.ts";
import { mean } from "../statistics/descriptive.ts";
import { probabilityOfImprovement } from "../statistics/probability-of-improvement.ts";
import { rankTest } from "../statistics/rank-test.ts";
import { CLAIMED_PAIRS } from "./claimed-pairs.ts";
import type { RobustnessCell } from "./robustness-data.ts";

export const SEED = 0;
/** Independently trained runs of either, below which nothing is claimed. */
const LEAST_RUNS = 3;

/** Whether the runs of one sample score higher than those of another. */
export interface Verdict {
  readonly first: string;
  readonly second: string;
  /** `open`: the interval of P holds 0.5; `few`: so few runs tell nothing, however they lie. */
  readonly outcome: "higher" | "lower" | "open" | "few";
  /** P that a run of the first scores higher than one of the second. */
  readonly probability: number;
  /** Said in words, with its numbers. */
  readonly line: string;
}

/** By the return under perturbation, and by the share of its own return without one that a run keeps. */
export interface ClaimVerdicts {
  readonly byReturn: readonly Verdict[];
  readonly byShare: readonly Verdict[];
}

/**
 * On each pair of neurons, over all conditions with a perturbation, from nothing but the numbers: by the return, and by the
 * share of its own return without a perturbation that a run keeps, for a policy that was worse to begin with is not for
 * that less robust.
 */
export function judgeClaims(cells: readonly ScoreCell[]): ClaimVerdicts {
  const perturbed = cells.filter(({ condition }) => (condition.severity ?? 0) > 0);
  const unperturbed = cells.filter(({ condition }) => condition.severity === 0);
  return {
    byReturn: compareNeurons(perturbed, "tested"),
    byShare: compareNeurons(
      keptShares(perturbed, unperturbed),
      "kept",
      ", share of the unperturbed return that is kept",
    ),
  };
}

/** Every run's scores divided by its own mean score without a perturbation; runs stand in one order in all cells. */
function keptShares(perturbed: readonly ScoreCell[], unperturbed: readonly ScoreCell[]): ScoreCell[] {
  return perturbed.flatMap((cell) => {
    const own = unperturbed.filter(({ agent }) => agent === cell.agent);
    if (own.length === 0) return [];
    const whole = cell.scores.map((_, run) => mean(own.map(({ scores }) => scores[run]!)));
    return [{ ...cell, scores: cell.scores.map((score, run) => score / whole[run]!) }];
  });
}

/** The same pairs after training under the noise, then every neuron with and without it. */
export interface TrainingVerdicts {
  readonly between: readonly Verdict[];
  readonly within: readonly Verdict[];
}

export function judgeTraining(cells: readonly RobustnessCell[], part: string): TrainingVerdicts {
  // Under the noise it was trained with, where it is tested so.
  const hardest = Math.max(...cells.map(({ condition }) => condition.level ?? 0));
  const hard = cells.filter(({ condition }) => (condition.level ?? 0) === hardest);
  const within = [...new Set(cells.map(neuronOf))].flatMap((neuron) => {
    const own = cells.filter((cell) => neuronOf(cell) === neuron);
    return compare(
      [neuron, neuron],
      `${neuron}, trained with against without it`,
      own.filter(isTrainedUnderNoise),
      own.filter((cell) => !isTrainedUnderNoise(cell)),
      `${part}/${neuron}`,
    );
  });
  return { between: compareNeurons(hard.filter(isTrainedUnderNoise), part), within };
}

export function isTrainedUnderNoise({ records }: RobustnessCell): boolean {
  return records[0]!.row.noisy;
}

/** The neuron in the name of a preset of the double pendulum. */
export function neuronOf({ agent }: { readonly agent: string }): string {
  return agent.replace(/^.*\/double-/, "").replace(/,.*$/, "");
}

function compareNeurons(cells: readonly ScoreCell[], what: string, measure = ""): Verdict[] {
  return CLAIMED_PAIRS.flatMap(([better, than]) => {
    const of = (neuron: string) => cells.filter((cell) => neuronOf(cell) === neuron);
    const name = `${better} against ${than}${measure}`;
    return compare([better, than], name, of(better), of(than), `${what}/${better}/${than}`);
  });
}

/** P that a run of the first scores higher than one of the second over the conditions that both met. */
function compare(
  [first, second]: readonly [string, string],
  name: string,
  higher: readonly ScoreCell[],
  lower: readonly ScoreCell[],
  stream: string,
): Verdict[] {
  if (agentsOf(higher).length !== 1 || agentsOf(lower).length !== 1) return [];
  const scores = (cells: readonly ScoreCell[]) =>
    new Map(cells.map((cell) => [cell.condition.key, cell.scores]));
  const [x, y] = [scores(higher), scores(lower)];
  const shared = [...x.keys()].filter((key) => y.has(key));
  if (shared.length === 0) return [];
  const { value, ci95 } = probabilityOfImprovement(
    shared.map((key) => x.get(key)!),
    shared.map((key) => y.get(key)!),
    new Rng(SEED).split(`claim/${stream}`),
    { together: true },
  );
  const say = (outcome: Verdict["outcome"], words: string): Verdict[] => [
    { first, second, outcome, probability: value, line: `${name}: ${words}` },
  ];
  const runs = Math.min(...shared.flatMap((key) => [x.get(key)!.length, y.get(key)!.length]));
  if (runs < LEAST_RUNS) {
    return say(
      "few",
      `**too few runs to say** (${runs} of one of them, expected at least ${LEAST_RUNS}); P = ${value.toFixed(2)} of those there are`,
    );
  }
  if (ci95[0] === ci95[1]) {
    // Resampling cannot spread runs that never overlap; the exact rank test says how sure so few of them can be.
    const [higherRuns, lowerRuns] = [x.get(shared[0]!)!, y.get(shared[0]!)!];
    const { p } = rankTest(higherRuns, lowerRuns);
    return say(
      "few",
      `**too few runs to say**: every run ${value > 0.5 ? "higher" : "lower"}, which ${higherRuns.length} against ${lowerRuns.length} are by chance with p = ${p.toFixed(2)} (exact rank test, two-sided)`,
    );
  }
  const outcome = ci95[0] > 0.5 ? "higher" : ci95[1] < 0.5 ? "lower" : "open";
  const conditions = `${shared.length} ${shared.length === 1 ? "condition" : "conditions"}`;
  return say(
    outcome,
    `**${outcome === "open" ? "not told apart" : outcome}**, P = ${value.toFixed(2)} [${ci95[0].toFixed(2)}, ${ci95[1].toFixed(2)}] over ${conditions}`,
  );
}
