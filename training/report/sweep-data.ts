import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { FileError } from "../../core/errors.ts";
import { parse } from "../../core/parse.ts";
import type { StabilityMap } from "../measures/stability-map.ts";
import { mean } from "../statistics/descriptive.ts";
import type { SweepFolder } from "../sweep/sweep-folder.ts";
import type { EvaluationTrial, Factors } from "../sweep/trial.ts";

const number = z.number().nullable();

const episodeSchema = z.looseObject({
  seed: z.number(),
  return: z.number(),
  length: z.number(),
  terminated: z.boolean(),
  survival: z.number(),
  firstFailureS: number,
  angleRmsRad: z.number(),
  cartRmsM: z.number(),
  effort: z.number(),
  settlingS: number,
  overshootRad: z.number(),
  recoveryShare: z.number(),
});

export type EpisodeRow = z.output<typeof episodeSchema>;

const resultSchema = z.looseObject({
  id: z.string(),
  engine: z.string(),
  threshold: z.number().optional(),
  spikesPerDecision: z.number().optional(),
  agent: z.looseObject({ preset: z.string(), seed: z.number(), environment: z.string(), neuron: z.string() }),
  episodes: z.array(episodeSchema).optional(),
  map: z.custom<StabilityMap>((value) => typeof value === "object" && value !== null).optional(),
});

/** One evaluation with its episodes. */
export interface EvaluationRecord {
  readonly trial: EvaluationTrial;
  /** Agents of one name differ in their seed only: their runs are the sample. */
  readonly agent: string;
  /** Which independently trained run. */
  readonly run: string;
  readonly environment: string;
  readonly engine: string;
  /** Return of a solved episode. */
  readonly threshold: number;
  readonly condition: Condition;
  readonly episodes: readonly EpisodeRow[];
  /** Mean at the start of its first episode. */
  readonly spikesPerDecision: number;
  /** Mean return: one number for a run under a condition. */
  readonly score: number;
}

/** What an evaluation was made under. */
export interface Condition {
  readonly key: string;
  /** The perturbation of a list tried one after another. */
  readonly perturbation: string | null;
  readonly level: number | null;
  readonly severity: number | null;
  /** Axes that were crossed: `perturb.<id>`, `evaluate.<what>`. */
  readonly crossed: Factors;
}

export interface MapRecord {
  readonly trial: EvaluationTrial;
  readonly agent: string;
  readonly run: string;
  readonly map: StabilityMap;
}

export interface SweepData {
  readonly evaluations: readonly EvaluationRecord[];
  readonly maps: readonly MapRecord[];
  /** Trials without a result, of all kinds. */
  readonly missing: number;
  /** All trials of the plan. */
  readonly trials: number;
}

/** Everything that a sweep's evaluations found. */
export async function readSweepData(folder: SweepFolder): Promise<SweepData> {
  const evaluations: EvaluationRecord[] = [];
  const maps: MapRecord[] = [];
  let missing = 0;
  for await (const trial of folder.trials()) {
    if (!folder.isDone(trial.id)) {
      missing++;
      continue;
    }
    if (trial.kind !== "evaluate") continue;
    const file = join(folder.trialPath(trial.id), "result.json");
    let value: unknown;
    try {
      value = JSON.parse(await readFile(file, "utf8"));
    } catch {
      throw new FileError(`${file} is cut off or no JSON; expected a result that spikegym wrote`);
    }
    const result = parse(resultSchema, value, file);
    const named = {
      trial,
      agent: agentName(trial.factors, result.agent.preset, folder.record.spec.axes),
      run: "trial" in trial.policy ? trial.policy.trial : trial.policy.sha256,
    };
    if (result.map !== undefined) maps.push({ ...named, map: result.map });
    else if (result.episodes !== undefined) {
      evaluations.push({
        ...named,
        environment: result.agent.environment,
        engine: result.engine,
        threshold: result.threshold ?? Number.NaN,
        condition: conditionOf(trial.factors),
        episodes: result.episodes,
        spikesPerDecision: result.spikesPerDecision ?? Number.NaN,
        score: mean(result.episodes.map((episode) => episode.return)),
      });
    }
  }
  return { evaluations, maps, missing, trials: folder.record.trials };
}

const CONDITION = /^(perturbation|level|severity|measure|perturb\..*|evaluate\..*)$/;
const RUN = /^(seed|policy|repetition)$/;

/**
 * The values of its run's axes that have several (those of one value tell nothing apart); its preset, where there are
 * none, or where that is an axis too.
 */
export function agentName(factors: Factors, preset: string, axes: Readonly<Record<string, unknown>>): string {
  const isFixed = (axis: string) => Array.isArray(axes[axis]) && axes[axis].length === 1;
  const own = Object.entries(factors)
    .filter(([name]) => name !== "preset" && !CONDITION.test(name) && !RUN.test(name) && !isFixed(name))
    .map(([name, value]) =>
      name === "neuron"
        ? String(value)
        : `${name.split(".").at(-1)} ${typeof value === "string" ? value : JSON.stringify(value)}`,
    );
  return [...(own.length === 0 || "preset" in axes ? [preset] : []), ...own].join(", ");
}

function conditionOf(factors: Factors): Condition {
  const {
    perturbation = null,
    level = null,
    severity = null,
  } = factors as {
    perturbation?: string;
    level?: number;
    severity?: number;
  };
  const crossed = Object.fromEntries(
    Object.entries(factors).filter(([name]) => name.startsWith("perturb.") || name.startsWith("evaluate.")),
  );
  return { key: JSON.stringify([perturbation, level, crossed]), perturbation, level, severity, crossed };
}
