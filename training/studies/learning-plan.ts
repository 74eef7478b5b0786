import { join } from "node:path";
import { z } from "zod";
import { parseRunConfig } from "../config.ts";
import { presets } from "../presets/index.ts";
import type { TrainJob } from "../processes/train-all.ts";

export const LEARNING_TASKS = ["single", "double"] as const;
type LearningTask = (typeof LEARNING_TASKS)[number];

const count = z.number().int().min(1);

export const learningParameters = z.strictObject({
  settings: z.string().default("tuned").describe("family of presets: <settings>/<task>-<model> is trained"),
  engine: z.string().default("mujoco").describe("physics engine of training and evaluation"),
  models: z
    .array(z.string())
    .min(1)
    .default(["hh-published", "lif", "ann", "s-lif2hh", "hh", "4lif"])
    .describe("neurons of the presets, those to be looked at first coming first"),
  tasks: z
    .array(z.enum(LEARNING_TASKS))
    .min(1)
    .default(["double", "single"])
    .describe("tasks of the presets"),
  slowModels: z
    .array(z.string())
    .default(["hh", "4lif"])
    .describe("models that take many times as long a step"),
  slowSeeds: count.default(3).describe("seeds of those at most"),
  steps: z
    .strictObject({
      single: count.default(30_000).describe("environment steps on InvertedPendulum-v5"),
      double: count.default(60_000).describe("environment steps on InvertedDoublePendulum-v5"),
    })
    .prefault({})
    .describe("length of the runs"),
  evaluateEvery: count.default(1_000).describe("steps between evaluations"),
  evaluationEpisodes: count
    .default(20)
    .describe("episodes of an evaluation, from the same starts every time"),
});

export type LearningParameters = z.output<typeof learningParameters>;

/** One run of the study. */
export interface LearningRun extends TrainJob {
  readonly task: LearningTask;
  readonly model: string;
  readonly seed: number;
}

/** The name of a run, for messages and for data. */
export function nameLearningRun({ task, model, seed }: Pick<LearningRun, "task" | "model" | "seed">): string {
  return `${task} ${model}, seed ${seed}`;
}

/**
 * Every run, in an order that makes what is there at any moment most useful: seed by seed, within a seed the slow models
 * last, and task by task.
 */
export function planLearning(p: LearningParameters, seeds: number, out: string): LearningRun[] {
  const runs: LearningRun[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const isSlow = (model: string) => p.slowModels.includes(model);
    const quick = p.models.filter((model) => !isSlow(model));
    const slow = seed < p.slowSeeds ? p.models.filter(isSlow) : [];
    for (const models of [quick, slow]) {
      for (const task of p.tasks) {
        for (const model of models) runs.push(makeRun(p, task, model, seed, out));
      }
    }
  }
  return runs;
}

function makeRun(
  p: LearningParameters,
  task: LearningTask,
  model: string,
  seed: number,
  out: string,
): LearningRun {
  const preset = `${p.settings}/${task}-${model}`;
  const { config } = presets.get(preset);
  return {
    name: nameLearningRun({ task, model, seed }),
    out: join(out, "runs", `${task}-${model}-seed-${seed}`),
    task,
    model,
    seed,
    config: parseRunConfig(
      {
        ...config,
        preset,
        seed,
        environment: { ...config.environment, engine: p.engine },
        training: {
          ...config.training,
          steps: p.steps[task],
          evaluateEvery: p.evaluateEvery,
          evaluationEpisodes: p.evaluationEpisodes,
          // What happens after the first solution is part of the question.
          stopWhenSolved: false,
        },
      },
      `preset "${preset}"`,
    ),
  };
}
