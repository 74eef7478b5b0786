import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { FileError } from "../core/errors.ts";
import { describeFileFailure } from "./atomic-file.ts";
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

const rowSchema = z.looseObject({
  step: z.number(),
  evaluationReturn: z.number(),
  evaluationWorst: z.number(),
});

/** Reads the evaluations from a run's `metrics.jsonl`; the torn last line of a killed run is left out. */
export async function readLearningCurve(run: string): Promise<LearningCurve> {
  const path = join(run, "metrics.jsonl");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw describeFileFailure("read", path, error);
  }
  const rows = text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line.includes('"evaluationReturn"'))
    .map((line) => {
      try {
        return rowSchema.parse(JSON.parse(line));
      } catch {
        throw new FileError(`${path} holds no evaluation in: ${line.slice(0, 80)}`);
      }
    });
  return {
    steps: rows.map((row) => row.step),
    mean: rows.map((row) => row.evaluationReturn),
    worst: rows.map((row) => row.evaluationWorst),
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
