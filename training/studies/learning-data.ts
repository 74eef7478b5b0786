import { join } from "node:path";
import { z } from "zod";
import { Rng } from "../../core/rng.ts";
import {
  type AveragedCurve,
  averageCurves,
  type CurveMeasures,
  learningCurveSchema,
  measureCurve,
  medianSolvedAtStep,
} from "../learning-curve.ts";
import { interquartileMean } from "../statistics/aggregates.ts";
import { type Estimate, estimate } from "../statistics/bootstrap.ts";
import { median } from "../statistics/descriptive.ts";
import { contributionSchema } from "./contribution.ts";
import { readDataFile } from "./data-file.ts";
import { LEARNING_TASKS } from "./learning-plan.ts";

const runSchema = z.strictObject({
  task: z.enum(LEARNING_TASKS),
  model: z.string(),
  seed: z.number().int(),
  preset: z.string(),
  environment: z.string(),
  steps: z.number().int(),
  solvedReturn: z.number(),
  wallSeconds: z.number(),
  cpuSeconds: z.number(),
  updateMs: z.number(),
  versions: z.record(z.string(), z.string()),
  curve: learningCurveSchema,
});

/** One finished run. */
export type LearningRecord = z.output<typeof runSchema>;

/** The file `learning-<engine>.json`: what ran, where, and every run's curve. Everything else follows from it. */
export const learningDataSchema = z.strictObject({
  study: z.literal("learning"),
  contributions: z.array(contributionSchema),
  engine: z.string(),
  settings: z.string(),
  evaluationEpisodes: z.number().int(),
  /** Names of the runs that the commands were to make and that are not there yet. */
  missing: z.array(z.string()),
  runs: z.array(runSchema),
});

export type LearningData = z.output<typeof learningDataSchema>;

/** The data file of an engine in a report's folder. */
export function learningDataFile(folder: string, engine: string): string {
  return join(folder, `learning-${engine}.json`);
}

/** @throws FileError when it is not what the study wrote */
export function readLearningDataFile(path: string): Promise<LearningData> {
  return readDataFile(path, learningDataSchema);
}

/** All runs of one model on one task; the runs are the sample. */
export interface LearningGroup {
  readonly task: LearningRecord["task"];
  readonly model: string;
  readonly seeds: number;
  readonly solvedReturn: number;
  /** Interquartile means over the runs, 95 % bootstrap intervals. */
  readonly final: Estimate;
  readonly lastTen: Estimate;
  readonly best: Estimate;
  readonly area: Estimate;
  readonly solvedShare: number;
  /** null while half of the seeds or more have not solved it. */
  readonly medianSolvedAtStep: number | null;
  /** Of the evaluations after a run's first solution, the share that reached the threshold too: mean over those runs. */
  readonly heldShare: number | null;
  /** The lowest evaluation after a first solution. */
  readonly lowestAfter: number | null;
  readonly medianWallMinutes: number;
  readonly medianCpuMinutes: number;
  readonly medianUpdateMs: number;
  readonly curve: AveragedCurve;
}

/** The groups there are runs of, in the order they first appear. */
export function groupRuns(runs: readonly LearningRecord[]): LearningGroup[] {
  const groups = new Map<string, LearningRecord[]>();
  for (const run of runs) {
    const key = `${run.task}/${run.model}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map(summariseGroup);
}

function summariseGroup(runs: readonly LearningRecord[]): LearningGroup {
  const { task, model, solvedReturn } = runs[0]!;
  const measures = runs.map((run) => measureCurve(run.curve, solvedReturn));
  const rng = new Rng(`learning/${task}/${model}`);
  const over = (name: "final" | "lastTen" | "best" | "area") =>
    estimate([measures.map((m) => m[name])], interquartileMean, rng.split(name));
  const solvedAt = measures.map((m) => m.solvedAtStep);
  const held = known(measures, "heldShare");
  const lowest = known(measures, "lowestAfter");
  return {
    task,
    model,
    seeds: runs.length,
    solvedReturn,
    final: over("final"),
    lastTen: over("lastTen"),
    best: over("best"),
    area: over("area"),
    solvedShare: solvedAt.filter((step) => step !== null).length / runs.length,
    medianSolvedAtStep: medianSolvedAtStep(solvedAt),
    heldShare: held.length === 0 ? null : held.reduce((sum, x) => sum + x, 0) / held.length,
    lowestAfter: lowest.length === 0 ? null : Math.min(...lowest),
    medianWallMinutes: median(runs.map((run) => run.wallSeconds)) / 60,
    medianCpuMinutes: median(runs.map((run) => run.cpuSeconds)) / 60,
    medianUpdateMs: median(runs.map((run) => run.updateMs)),
    curve: averageCurves(
      runs.map((run) => run.curve),
      rng.split("curve"),
    ),
  };
}

function known(measures: readonly CurveMeasures[], name: "heldShare" | "lowestAfter"): number[] {
  return measures.map((m) => m[name]).filter((value) => value !== null);
}

/** Every evaluation of every run, one a row. */
export function renderCsv({ engine, settings, runs }: LearningData): string {
  const rows = runs.flatMap(({ task, model, seed, curve }) =>
    curve.steps.map((step, i) =>
      [settings, engine, task, model, seed, step, curve.mean[i], curve.worst[i]].join(","),
    ),
  );
  return `${["settings,engine,task,model,seed,step,mean_return,worst_return", ...rows].join("\n")}\n`;
}
