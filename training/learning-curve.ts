import { z } from "zod";
import type { Rng } from "../core/rng.ts";
import { readMetrics } from "./metrics-csv.ts";
import { interquartileMean } from "./statistics/aggregates.ts";
import { bootstrapBand, type Interval } from "./statistics/bootstrap.ts";
import { mean } from "./statistics/descriptive.ts";

/** The evaluations of one run, in order: as many numbers in each list. */
export interface LearningCurve {
  /** Environment steps done. */
  readonly steps: readonly number[];
  /** Mean return of an evaluation's episodes. */
  readonly mean: readonly number[];
  /** Lowest return of one of them. */
  readonly worst: readonly number[];
}

export const learningCurveSchema: z.ZodType<LearningCurve> = z.strictObject({
  steps: z.array(z.number()),
  mean: z.array(z.number()),
  worst: z.array(z.number()),
});

/** Reads the evaluations from a run's `metrics.jsonl`. */
export async function readLearningCurve(run: string): Promise<LearningCurve> {
  const rows = (await readMetrics(run)).filter((row) => "evaluationReturn" in row);
  const column = (name: string) => rows.map((row) => row[name] ?? Number.NaN);
  return {
    steps: column("step"),
    mean: column("evaluationReturn"),
    worst: column("evaluationWorst"),
  };
}

/** What a curve says of the run. Returns are means of an evaluation's episodes. */
export interface CurveMeasures {
  readonly final: number;
  /** Mean of the last ten evaluations: what a policy taken at any late moment is worth. */
  readonly lastTen: number;
  readonly best: number;
  /** Area under the curve over its length: the mean of all evaluations, which lie equally far apart. */
  readonly area: number;
  /** The first evaluation that reached the threshold; null: none did. */
  readonly solvedAtStep: number | null;
  /** Of the evaluations after that one, the share that reached it too, and the lowest; null where there are none. */
  readonly heldShare: number | null;
  readonly lowestAfter: number | null;
}

/**
 * @param curve with at least one evaluation
 * @param threshold mean return that counts as solved
 */
export function measureCurve(curve: LearningCurve, threshold: number): CurveMeasures {
  const returns = curve.mean;
  const first = returns.findIndex((value) => value >= threshold);
  const after = first < 0 ? [] : returns.slice(first + 1);
  return {
    final: returns.at(-1)!,
    lastTen: mean(returns.slice(-10)),
    best: Math.max(...returns),
    area: mean(returns),
    solvedAtStep: first < 0 ? null : curve.steps[first]!,
    heldShare: after.length === 0 ? null : after.filter((value) => value >= threshold).length / after.length,
    lowestAfter: after.length === 0 ? null : Math.min(...after),
  };
}

/**
 * The median of the steps at which runs first solved their task, those that did not counting as later than any; null
 * where the middle is one of them.
 */
export function medianSolvedAtStep(steps: readonly (number | null)[]): number | null {
  const sorted = steps.map((step) => step ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const middle = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
  return Number.isFinite(middle) ? middle : null;
}

/** Several runs' curves as one. */
export interface AveragedCurve {
  readonly steps: readonly number[];
  readonly value: readonly number[];
  /** Absent for a single run. */
  readonly band?: readonly Interval[];
}

/** Interquartile mean and pointwise 95 % band at every step that all runs were evaluated at. */
export function averageCurves(curves: readonly LearningCurve[], rng: Rng): AveragedCurve {
  const steps = curves[0]!.steps.filter((step) => curves.every((curve) => curve.steps.includes(step)));
  const returns = curves.map((curve) => steps.map((step) => curve.mean[curve.steps.indexOf(step)]!));
  const average = (sample: readonly (readonly number[])[]) =>
    steps.map((_, at) => interquartileMean(sample.map((run) => run[at]!)));
  const value = average(returns);
  if (curves.length < 2) return { steps, value };
  const band = bootstrapBand(() => average(returns.map(() => returns[rng.integer(returns.length)]!)));
  return { steps, value, band };
}
