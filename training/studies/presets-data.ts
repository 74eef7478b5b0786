import { join } from "node:path";
import { z } from "zod";
import { medianSolvedAtStep } from "../learning-curve.ts";
import { median } from "../statistics/descriptive.ts";
import { contributionSchema } from "./contribution.ts";
import { readDataFile } from "./data-file.ts";

const count = z.number().int().min(0);

const runSchema = z.strictObject({
  preset: z.string(),
  /** Fingerprint of what the preset was. */
  configuration: z.string(),
  seed: count,
  environment: z.string(),
  engine: z.string(),
  algorithm: z.string(),
  neuron: z.string(),
  population: count,
  /** Environment steps at most, and those done. */
  budget: count,
  steps: count,
  evaluateEvery: count,
  evaluationEpisodes: count,
  confirmationEpisodes: count,
  solvedReturn: z.number(),
  /** The first evaluation that reached the threshold, and the first after which every further start did. */
  solvedAtStep: count.nullable(),
  confirmedAtStep: count.nullable(),
  finalReturn: z.number().nullable(),
  bestReturn: z.number().nullable(),
  wallSeconds: z.number(),
  cpuSeconds: z.number(),
  updateMs: z.number(),
  versions: z.record(z.string(), z.string()),
});

/** One finished run. */
export type PresetRecord = z.output<typeof runSchema>;

/** The file `presets.json`: what ran, where, and how every run ended. Everything else follows from it. */
export const presetsDataSchema = z.strictObject({
  study: z.literal("presets"),
  contributions: z.array(contributionSchema),
  engine: z.string(),
  set: z.record(z.string(), z.json()),
  /** Names of the runs that the commands were to make and that are not there yet. */
  missing: z.array(z.string()),
  runs: z.array(runSchema),
});

export type PresetsData = z.output<typeof presetsDataSchema>;

/** The data file in a report's folder. */
export function presetsDataFile(folder: string): string {
  return join(folder, "presets.json");
}

/** @throws FileError when it is not what the study wrote */
export function readPresetsDataFile(path: string): Promise<PresetsData> {
  return readDataFile(path, presetsDataSchema);
}

/** All runs of one preset as it was at one time, by seed; medians over them. */
export interface PresetGroup {
  /** What they have in common stands in each of them. */
  readonly runs: readonly PresetRecord[];
  readonly solved: number;
  readonly held: number;
  /** null while half of the seeds or more have not got there. */
  readonly medianSolvedAtStep: number | null;
  readonly medianHeldFromStep: number | null;
  readonly lowestBest: number | null;
  readonly medianWallMinutes: number;
  readonly medianCpuMinutes: number;
  readonly medianUpdateMs: number;
}

/** The groups there are runs of, in the order they first appear. */
export function groupPresetRuns(runs: readonly PresetRecord[]): PresetGroup[] {
  const groups = new Map<string, PresetRecord[]>();
  for (const run of runs) {
    const key = `${run.preset} ${run.configuration}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map(summariseGroup);
}

function summariseGroup(all: readonly PresetRecord[]): PresetGroup {
  const runs = [...all].sort((a, b) => a.seed - b.seed);
  const solvedAt = runs.map((run) => run.solvedAtStep);
  const heldFrom = runs.map((run) => run.confirmedAtStep);
  const best = runs.flatMap((run) => run.bestReturn ?? []);
  return {
    runs,
    solved: solvedAt.filter((step) => step !== null).length,
    held: heldFrom.filter((step) => step !== null).length,
    medianSolvedAtStep: medianSolvedAtStep(solvedAt),
    medianHeldFromStep: medianSolvedAtStep(heldFrom),
    lowestBest: best.length === 0 ? null : Math.min(...best),
    medianWallMinutes: median(runs.map((run) => run.wallSeconds)) / 60,
    medianCpuMinutes: median(runs.map((run) => run.cpuSeconds)) / 60,
    medianUpdateMs: median(runs.map((run) => run.updateMs)),
  };
}
