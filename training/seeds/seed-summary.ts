import { Rng } from "../../core/rng.ts";
import { medianSolvedAtStep } from "../learning-curve.ts";
import type { TrainOutcome } from "../processes/train-all.ts";
import { interquartileMean } from "../statistics/aggregates.ts";
import { type Estimate, estimate } from "../statistics/bootstrap.ts";
import type { TrainSummary } from "../trainer.ts";
import type { SeedGroup } from "./seed-group.ts";

/** What several seeds of one configuration say together. The runs are the sample. */
export interface SeedSummary {
  readonly preset: string;
  readonly seeds: readonly number[];
  readonly runs: readonly TrainSummary[];
  readonly failed: readonly { readonly seed: number; readonly error: string }[];
  /** Interquartile mean over the runs with its 95 % bootstrap interval; null before a run has been evaluated. */
  readonly finalReturn: Estimate | null;
  readonly bestReturn: Estimate | null;
  /** Share of the seeds with an evaluation that reached the threshold. */
  readonly solvedShare: number;
  /** Median over the seeds of the steps to it; null while half of them or more have none. */
  readonly medianSolvedAtStep: number | null;
  /** Time of all runs, one after the other. */
  readonly wallSeconds: number;
  /** Whether every seed has ended by itself. */
  readonly complete: boolean;
  readonly out: string;
}

export function summariseSeeds(group: SeedGroup, outcomes: readonly TrainOutcome[]): SeedSummary {
  const runs = outcomes.flatMap((outcome) => ("summary" in outcome ? [outcome.summary] : []));
  const failed = outcomes.flatMap((outcome) =>
    "error" in outcome ? [{ seed: outcome.job.config.seed, error: outcome.error }] : [],
  );
  const solved = group.seeds.map((seed) => runs.find((run) => run.seed === seed)?.solvedAtStep ?? null);
  return {
    preset: group.config.preset,
    seeds: group.seeds,
    runs,
    failed,
    finalReturn: estimateOf(runs.map((run) => run.finalReturn)),
    bestReturn: estimateOf(runs.map((run) => run.bestReturn)),
    solvedShare: solved.filter((step) => step !== null).length / group.seeds.length,
    medianSolvedAtStep: medianSolvedAtStep(solved),
    wallSeconds: runs.reduce((sum, run) => sum + run.wallSeconds, 0),
    complete: runs.length === group.seeds.length && runs.every((run) => run.complete),
    out: group.path,
  };
}

function estimateOf(values: readonly (number | null)[]): Estimate | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : estimate([known], interquartileMean, new Rng("seed-summary"));
}
