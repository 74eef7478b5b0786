import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RunConfig } from "../config.ts";
import { configureRun } from "../configure-run.ts";
import { type LearningCurve, readLearningCurve } from "../learning-curve.ts";
import { presets } from "../presets/index.ts";
import { type TrainJob, trainAll } from "../processes/train-all.ts";
import type { FigureOptions } from "./figure.ts";

export const SETTINGS = ["published", "matched"] as const;
export type Settings = (typeof SETTINGS)[number];
export type ControlTask = "single" | "double";

const SLOW = ["4lif", "hh"];

/** What is trained. */
export interface ControlModel {
  /** For its folder and the figures. */
  readonly name: string;
  readonly settings: Settings;
  readonly task: ControlTask;
  /** Of the preset. */
  readonly neuron: string;
  /** Settings of its own, by their paths. */
  readonly changes?: Readonly<Record<string, unknown>>;
}

/** A finished training. */
export interface ControlRun {
  readonly model: ControlModel;
  readonly seed: number;
  readonly out: string;
  readonly curve: LearningCurve;
  readonly config: RunConfig;
}

/** The models of a scale that a family of presets has. */
export function controlModels(
  models: readonly string[],
  settings: Settings,
  task: ControlTask,
): ControlModel[] {
  return models
    .filter((neuron) => presets.ids.includes(`${settings}/${task}-${neuron}`))
    .map((neuron) => ({ name: neuron, settings, task, neuron }));
}

/**
 * Trains what is not trained yet, seed by seed; figures that want the same run find it done.
 *
 * @returns undefined where it was stopped
 */
export async function trainControl(
  models: readonly ControlModel[],
  options: FigureOptions,
): Promise<ControlRun[] | undefined> {
  const { scale, seeds, work } = options;
  const plan = Array.from({ length: seeds }, (_, seed) =>
    models
      .filter((model) => seed < seedsOf(model, options))
      .map((model) => {
        const { settings, task, name, neuron, changes } = model;
        const config = configureRun(`${settings}/${task}-${neuron}`, {
          seed,
          engine: scale.engine,
          steps: scale.steps[task],
          settings: {
            "training.evaluateEvery": scale.evaluateEvery,
            "training.evaluationEpisodes": scale.evaluationEpisodes,
            "training.stopWhenSolved": false,
            ...changes,
          },
        });
        const job: TrainJob = {
          name: `${settings} ${task} ${name}, seed ${seed}`,
          out: join(work, "control", `${settings}-${task}-${name}-seed${seed}`),
          config,
        };
        return { model, seed, job };
      }),
  ).flat();
  const outcomes = await trainAll(
    plan.map(({ job }) => job),
    {
      workers: options.workers,
      signal: options.signal,
      onNote: options.onNote,
      onProgress: ({ steps, totalSteps, runsDone, runs }) =>
        options.onProgress({
          done: steps,
          total: totalSteps,
          unit: "steps",
          fields: { runs: `${runsDone} of ${runs}` },
        }),
    },
  );
  if (options.signal.aborted) return undefined;
  const done = new Set(outcomes.flatMap((o) => ("summary" in o && o.summary.complete ? [o.job.out] : [])));
  return Promise.all(
    plan
      .filter(({ job }) => done.has(job.out) && existsSync(job.out))
      .map(async ({ model, seed, job }) => ({
        model,
        seed,
        out: job.out,
        config: job.config,
        curve: await readLearningCurve(job.out),
      })),
  );
}

function seedsOf({ neuron }: ControlModel, { scale, seeds }: FigureOptions): number {
  return SLOW.includes(neuron) ? Math.min(seeds, scale.slowSeeds) : seeds;
}

/** What must be said where trainings failed: which models have fewer runs than seeds. */
export function failureNotes(
  models: readonly ControlModel[],
  runs: readonly ControlRun[],
  options: FigureOptions,
): string[] {
  return models.flatMap((model) => {
    const failed = seedsOf(model, options) - runs.filter((run) => run.model === model).length;
    return failed === 0
      ? []
      : [
          `${failed} training${failed === 1 ? "" : "s"} of ${model.name} (${model.settings}) failed, not in the figure.`,
        ];
  });
}

/** "2,000 steps on single, 3 seeds (4lif and hh: 1), evaluated every 500 steps over 5 episodes, lagrangian engine" */
export function controlExtent({ scale, seeds }: FigureOptions, task: ControlTask): string {
  const slow = scale.slowSeeds < seeds ? ` (4lif and hh: ${scale.slowSeeds})` : "";
  return (
    `${scale.steps[task].toLocaleString("en")} environment steps, ${seeds} seed${seeds === 1 ? "" : "s"}${slow}, evaluated every ` +
    `${scale.evaluateEvery.toLocaleString("en")} steps over ${scale.evaluationEpisodes} episodes of the native task, ${scale.engine} engine`
  );
}
