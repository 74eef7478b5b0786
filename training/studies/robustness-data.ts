import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { FileError } from "../../core/errors.ts";
import { parse } from "../../core/parse.ts";
import type { Machine } from "../machine.ts";
import { agentsOf, type ScoreCell, type ScoredRecord, scoreCells } from "../report/cells.ts";
import { readSweepData } from "../report/sweep-data.ts";
import { mean } from "../statistics/descriptive.ts";
import type { SweepFolder } from "../sweep/sweep-folder.ts";
import type { Factors } from "../sweep/trial.ts";

const number = z.number().nullable();

const rowSchema = z.strictObject({
  trial: z.string(),
  agent: z.string(),
  /** Which independently trained run. */
  run: z.string(),
  /** Whether that was trained under the noise of its part. */
  noisy: z.boolean(),
  perturbation: z.string().nullable(),
  level: number,
  severity: number,
  episodes: z.number().int(),
  meanReturn: z.number(),
  spikesPerDecision: number,
});

/** One evaluation. */
export type RobustnessRow = z.output<typeof rowSchema>;

const partSchema = z.strictObject({
  /** Name of its sweep: `tested`, `trained-state-noise`, `trained-reward-noise`. */
  name: z.string(),
  /** Version of the code that its trials were run by. */
  code: z.string(),
  /** Trials without a result. */
  missing: z.number().int(),
  rows: z.array(rowSchema),
  /** Share of the starts that an agent keeps upright, mean over its runs, and a linear-quadratic regulator. */
  maps: z.array(
    z.strictObject({ agent: z.string(), runs: z.number().int(), share: z.number(), regulator: z.number() }),
  ),
});

/** A sweep of the study. */
export type RobustnessPart = z.output<typeof partSchema>;

const groupSchema = z.strictObject({
  /** What was trained; of policies that were trained elsewhere, their folder is not told. */
  model: z.string(),
  seeds: z.number().int(),
  /** Steps of their training, where all have the same. */
  trainingSteps: z.number().int().nullable(),
  machine: z.custom<Machine>((value) => typeof value === "object" && value !== null),
  parts: z.array(partSchema),
});

/** All parts of one model; they were made on one machine. */
export type RobustnessGroup = z.output<typeof groupSchema>;

const dataSchema = z.strictObject({
  study: z.literal("robustness"),
  command: z.string(),
  /** What the study was told, beside the models. */
  settings: z.record(z.string(), z.json()),
  environment: z.string(),
  /** Return of a solved episode. */
  threshold: number,
  groups: z.array(groupSchema),
});

/** The file `robustness.json`: what ran, where, and every evaluation. Page, tables and pictures follow from it. */
export type RobustnessData = z.output<typeof dataSchema>;

export function robustnessDataFile(folder: string): string {
  return join(folder, "robustness.json");
}

/**
 * The data in a report's folder; undefined where there are none.
 *
 * @throws FileError when it is not what the study wrote
 */
export async function readRobustnessData(folder: string): Promise<RobustnessData | undefined> {
  const path = robustnessDataFile(folder);
  if (!existsSync(path)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch {
    throw new FileError(`${path} is cut off or no JSON; expected the data that spikegym study wrote`);
  }
  return parse(dataSchema, value, path);
}

/** JSON with an evaluation a line. */
export function formatRobustnessData(data: RobustnessData): string {
  return `${JSON.stringify(data, null, 1).replace(/\{\s+"(trial|agent)"[^}]*\n\s+\}/g, (row) => row.replace(/\n\s*/g, " "))}\n`;
}

/** What a sweep of the study found, and where and how its policies were made. */
export async function readPart(folder: SweepFolder): Promise<{
  readonly part: RobustnessPart;
  readonly environment: string | undefined;
  readonly threshold: number | undefined;
}> {
  const { evaluations, maps, missing } = await readSweepData(folder);
  const first = evaluations[0];
  return {
    environment: first?.environment,
    threshold: first === undefined || Number.isNaN(first.threshold) ? undefined : first.threshold,
    part: {
      name: folder.record.spec.name,
      code: folder.record.code,
      missing,
      rows: evaluations.map(({ trial, agent, run, condition, episodes, score, spikesPerDecision }) => ({
        trial: trial.id,
        agent,
        run,
        noisy: isTrainedUnderNoise(trial.factors),
        perturbation: condition.perturbation,
        level: condition.level,
        severity: condition.severity,
        episodes: episodes.length,
        meanReturn: score,
        spikesPerDecision: Number.isFinite(spikesPerDecision) ? spikesPerDecision : null,
      })),
      maps: agentsOf(maps).map((agent) => {
        const own = maps.filter((one) => one.agent === agent);
        const share = mean(own.map(({ map }) => map.share));
        return { agent, runs: own.length, share, regulator: own[0]!.map.baseline.share };
      }),
    },
  };
}

function isTrainedUnderNoise(factors: Factors): boolean {
  return Object.entries(factors).some(
    ([name, value]) =>
      name.startsWith("training.") && (Array.isArray(value) ? value.length > 0 : value !== 0),
  );
}

/** All parts of a name, over the models. */
export function partsOf({ groups }: RobustnessData, name: string): RobustnessPart[] {
  return groups.flatMap(({ parts }) => parts.filter((part) => part.name === name));
}

/** A run's score as the statistics take it. */
export interface RobustnessScore extends ScoredRecord {
  readonly row: RobustnessRow;
}

export type RobustnessCell = ScoreCell<RobustnessScore>;

export function robustnessCells(parts: readonly RobustnessPart[], seed: number): RobustnessCell[] {
  const scores = parts
    .flatMap(({ rows }) => rows)
    .map((row): RobustnessScore => {
      const { agent, run, perturbation, level, severity, meanReturn } = row;
      const key = JSON.stringify([perturbation, level, {}]);
      return {
        agent,
        run,
        condition: { key, perturbation, level, severity, crossed: {} },
        score: meanReturn,
        row,
      };
    });
  return scoreCells(scores, seed);
}
