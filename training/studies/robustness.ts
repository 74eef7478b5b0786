import { join } from "node:path";
import { z } from "zod";
import { mapSchema } from "../measures/stability-map.ts";
import { perturbations } from "../perturbations/index.ts";
import { readSweepData } from "../report/sweep-data.ts";
import { runLocally } from "../sweep/run-locally.ts";
import { parseSweepSpec, type SweepSpec } from "../sweep/spec.ts";
import { SweepFolder } from "../sweep/sweep-folder.ts";
import { type RobustnessPart, writeRobustnessPage } from "./robustness-page.ts";
import { defineStudy, type StudyOptions, type StudyResult } from "./study.ts";

const TESTED = [
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

const parameters = z.strictObject({
  settings: z.string().default("tuned").describe("family of presets: <settings>/double-<model> is trained"),
  models: z
    .array(z.string())
    .min(1)
    .default(["hh-published", "lif", "ann", "s-lif2hh", "4lif"])
    .describe("neurons of the presets"),
  policies: z
    .array(z.string())
    .default([])
    .describe("run folders to test instead of training clean ones, e.g. those of the learning study"),
  engine: z.string().default("mujoco").describe("physics engine of training and evaluation"),
  axes: z.array(z.string()).min(1).default(TESTED).describe("perturbations that policies are tested under"),
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

export type RobustnessParameters = z.output<typeof parameters>;

/**
 * How far policies stand up to what they were not trained for, and what training under the published noises does: the
 * paper's second claim, on the double pendulum.
 */
export const robustnessStudy = defineStudy({
  id: "robustness",
  summary:
    "policies under perturbations of sensors, actuators, bodies and the network, and trained under noise",
  references: [
    "He et al., Nature Computational Science 4, 584-599 (2024), for the claim and the noises",
    "Agarwal et al., Deep reinforcement learning at the edge of the statistical precipice, NeurIPS 2021",
  ],
  parameters,
  run: runRobustness,
});

async function runRobustness(p: RobustnessParameters, options: StudyOptions): Promise<StudyResult> {
  for (const axis of p.axes) perturbations.get(axis);
  const specs = planRobustness(p, options.seeds);
  const parts: RobustnessPart[] = [];
  const failed: string[] = [];
  let complete = true;
  for (const spec of specs) {
    const folder = await SweepFolder.plan(join(options.out, spec.name), spec);
    const outcome = await runLocally(folder, {
      workers: options.workers,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.onNote === undefined ? {} : { onNote: options.onNote }),
      onProgress: ({ done, failed, total }) =>
        options.onProgress?.({ done: done + failed, total, unit: "trials", fields: { part: spec.name } }),
    });
    for (const { id, error } of await folder.failures()) failed.push(`${spec.name} ${id}: ${error}`);
    complete &&= outcome.done === outcome.total;
    parts.push({ name: spec.name, data: await readSweepData(folder) });
  }
  const page = await writeRobustnessPage(options.report, p, options.seeds, parts);
  return {
    complete,
    document: { study: "robustness", engine: p.engine, failed, ...page },
    text: [...page.verdicts, ...failed.map((line) => `failed: ${line}`), page.page].join("\n"),
  };
}

/** One sweep a question; the names are those of the folders. */
function planRobustness(p: RobustnessParameters, seeds: number): SweepSpec[] {
  const presetsOf = p.models.map((model) => `${p.settings}/double-${model}`);
  const train = { preset: presetsOf[0]!, set: { "environment.engine": p.engine, ...p.set } };
  const evaluate = { episodes: p.episodes, engine: p.engine };
  const perturb = Object.fromEntries(
    p.axes.map((axis) => [
      axis,
      axis === "push" ? { severity: p.severities, atS: 5, everyS: 10 } : p.severities,
    ]),
  );
  const tested = {
    name: "tested",
    evaluate: { ...evaluate, perturb, map: p.map },
    ...(p.policies.length > 0 ? { policies: p.policies } : { train, seeds, axes: { preset: presetsOf } }),
  };
  const noise = [{ axis: "sensor-noise", level: 0.002 }];
  const trained = [
    {
      name: "trained-state-noise",
      seeds,
      train,
      evaluate: { ...evaluate, perturb: { "sensor-noise": { level: [0, 0.002] } } },
      axes: { preset: presetsOf, "training.perturbations": [[], noise] },
    },
    {
      name: "trained-reward-noise",
      seeds,
      train: { ...train, set: { ...train.set, "training.reward": "corrected" } },
      evaluate,
      axes: { preset: presetsOf, "training.rewardNoise": [0, 0.1] },
    },
  ];
  return [tested, ...(p.trainNoise ? trained : [])].map((spec) => parseSweepSpec(spec, `study "robustness"`));
}
