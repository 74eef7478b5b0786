import { z } from "zod";
import { mapSchema } from "../measures/stability-map.ts";
import { parseSweepSpec, type SweepSpec } from "../sweep/spec.ts";
import type { Factors } from "../sweep/trial.ts";

/** Names of the sweeps, and of their folders. */
export const TESTED = "tested";
export const STATE_NOISE = "trained-state-noise";
export const REWARD_NOISE = "trained-reward-noise";

const AXES = [
  "sensor-noise",
  "sensor-bias",
  "sensor-delay",
  "actuator-noise",
  "actuator-gain-loss",
  "pole-mass",
  "pole-length",
  "push",
  "weight-noise",
  "lesion",
  "threshold-spread",
  "spike-deletion",
];

export const robustnessParameters = z.strictObject({
  settings: z.string().default("tuned").describe("family of presets: <settings>/double-<model> is trained"),
  models: z
    .array(z.string())
    .min(1)
    .default(["hh-published", "lif", "s-lif2hh", "ann", "hh", "4lif"])
    .describe("neurons of the presets, those that take longest last"),
  policies: z
    .array(z.string())
    .default([])
    .describe("run folders to test instead of those trained without noise, e.g. those of the learning study"),
  engine: z.string().default("mujoco").describe("physics engine of training and evaluation"),
  axes: z.array(z.string()).min(1).default(AXES).describe("perturbations that policies are tested under"),
  severities: z
    .array(z.number().min(0).max(5))
    .min(1)
    .default([0, 1, 2, 3, 4, 5])
    .describe("and how much of each"),
  episodes: z.number().int().min(1).default(20).describe("episodes of an evaluation"),
  trainNoise: z
    .boolean()
    .default(true)
    .describe("also train under the published state noise and reward noise"),
  map: mapSchema.nullable().prefault({}).describe("the stability map of each policy; null: none"),
  set: z.record(z.string(), z.json()).default({}).describe("settings of all training runs, by their paths"),
});

export type RobustnessParameters = z.output<typeof robustnessParameters>;

/**
 * Policies of a model trained with and without each of the paper's noises, as one sweep a noise; the names are those of the
 * folders.
 */
export function planTraining(p: RobustnessParameters, model: string, seeds: number): SweepSpec[] {
  const train = trainingOf(p, model);
  const preset = [presetOf(p, model)];
  const evaluate = { episodes: p.episodes, engine: p.engine };
  const noise = [{ axis: "sensor-noise", level: 0.002 }];
  return [
    {
      name: STATE_NOISE,
      seeds,
      train,
      evaluate: { ...evaluate, perturb: { "sensor-noise": { level: [0, 0.002] } } },
      axes: { preset, "training.perturbations": [[], noise] },
    },
    {
      name: REWARD_NOISE,
      seeds,
      train: { ...train, set: { ...train.set, "training.reward": "corrected" } },
      evaluate,
      axes: { preset, "training.rewardNoise": [0, 0.1] },
    },
  ].map(parseSpec);
}

/** Whether a run of the sweep over state noise was trained without any. */
export function isClean(factors: Factors): boolean {
  const noise = factors["training.perturbations"];
  return Array.isArray(noise) && noise.length === 0;
}

/** Policies under every perturbation: those there are already, or a model's, which are then trained for it. */
export function planTest(
  p: RobustnessParameters,
  policies: { readonly paths: readonly string[] } | { readonly model: string; readonly seeds: number },
): SweepSpec {
  const perturb = Object.fromEntries(
    p.axes.map((axis) => [
      axis,
      axis === "push" ? { severity: p.severities, atS: 5, everyS: 10 } : p.severities,
    ]),
  );
  const evaluate = { episodes: p.episodes, engine: p.engine, perturb, map: p.map };
  return parseSpec({
    name: TESTED,
    evaluate,
    ...("paths" in policies
      ? { policies: policies.paths }
      : {
          train: trainingOf(p, policies.model),
          seeds: policies.seeds,
          axes: { preset: [presetOf(p, policies.model)] },
        }),
  });
}

function presetOf({ settings }: RobustnessParameters, model: string): string {
  return `${settings}/double-${model}`;
}

function trainingOf(p: RobustnessParameters, model: string) {
  return { preset: presetOf(p, model), set: { "environment.engine": p.engine, ...p.set } };
}

function parseSpec(spec: object): SweepSpec {
  return parseSweepSpec(spec, `study "robustness"`);
}
