import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { environments } from "../../envs/index.ts";
import { engines } from "../../envs/physics/index.ts";
import { applySettings, parseRunConfig, type RunConfigInput } from "../config.ts";
import { presets } from "../presets/index.ts";
import type { TrainJob } from "../processes/train-all.ts";

export const presetsParameters = z.strictObject({
  presets: z
    .array(z.string())
    .min(1)
    .default([
      "tuned/single-hh-published",
      "tuned/single-lif",
      "tuned/cartpole-lif-dqn",
      "tuned/cartpole-lif-ppo",
      "tuned/double-hh-published",
      "tuned/swingup-hh-published",
      "tuned/single-hh-published-td3",
      "tuned/single-ann",
      "tuned/single-s-lif2hh",
      "tuned/single-alif",
      "tuned/single-izhikevich",
      "tuned/cartpole-hh-published-dqn",
      "tuned/cartpole-hh-published-ppo",
      "tuned/single-hh-published-ppo",
      "tuned/double-lif",
      "tuned/double-hh-published-td3",
      "tuned/single-hh",
      "tuned/cartpole-s-lif2hh-ppo",
      "tuned/double-s-lif2hh",
      "tuned/swingup-lif",
      "tuned/swingup-s-lif2hh",
      "tuned/triple-hh-published",
      "tuned/double-hh-published-ppo",
      "tuned/single-4lif",
      "tuned/double-swingup-hh-published",
    ])
    .describe("presets to train, those to be looked at first coming first"),
  slowPresets: z
    .array(z.string())
    .default([
      "tuned/triple-hh-published",
      "tuned/double-hh-published-ppo",
      "tuned/single-4lif",
      "tuned/double-swingup-hh-published",
    ])
    .describe("those of them that wait until every seed of the others is done"),
  engine: z
    .string()
    .default("mujoco")
    .describe("physics engine where the preset names none of its own and the environment has it"),
  set: z.record(z.string(), z.json()).default({}).describe("settings of all runs, by their paths"),
});

export type PresetsParameters = z.output<typeof presetsParameters>;

/** What decides what a preset's runs are, beside the preset. */
export type PresetsSettings = Pick<PresetsParameters, "engine" | "set">;

/** One run of the study. */
export interface PresetRun extends TrainJob {
  readonly preset: string;
  readonly seed: number;
  /** See `identifyConfiguration`. */
  readonly configuration: string;
}

/** The name of a run, for messages and for data. */
export function namePresetRun({ preset, seed }: Pick<PresetRun, "preset" | "seed">): string {
  return `${preset}, seed ${seed}`;
}

/**
 * Every run, seed by seed; those of the slow presets after all others.
 *
 * @throws UsageError for a preset or an engine that there is not
 */
export function planPresets(p: PresetsParameters, seeds: number, out: string): PresetRun[] {
  // Where an environment lacks it another one is taken: a slip of the pen must not look like that.
  engines.get(p.engine);
  const all = [...new Set(p.presets)];
  const isSlow = (preset: string) => p.slowPresets.includes(preset);
  const quick = all.filter((preset) => !isSlow(preset));
  return [quick, all.filter(isSlow)].flatMap((tier) =>
    Array.from({ length: seeds }, (_, seed) => tier.map((preset) => makeRun(p, preset, seed, out))).flat(),
  );
}

function makeRun(p: PresetsParameters, preset: string, seed: number, out: string): PresetRun {
  const config = configure(p, preset);
  return {
    name: namePresetRun({ preset, seed }),
    out: join(out, "runs", `${preset.replaceAll("/", "-")}-seed-${seed}`),
    preset,
    seed,
    configuration: identifyConfiguration(p, preset),
    config: parseRunConfig({ ...config, preset, seed }, `preset "${preset}"`),
  };
}

type PresetConfig = Omit<RunConfigInput, "preset" | "seed">;

/** A preset as this study trains it. */
function configure({ engine, set }: PresetsSettings, preset: string): PresetConfig {
  const { environment, training, ...others } = presets.get(preset).config;
  const available: readonly string[] = environments.get(environment.id).engines;
  return applySettings(
    {
      ...others,
      environment: {
        ...environment,
        engine: environment.engine ?? (available.includes(engine) ? engine : available[0]!),
      },
      // When it solves its task is the question, also of presets that would go on.
      training: { ...training, stopWhenSolved: true },
    } as RunConfigInput,
    set,
  );
}

/**
 * A fingerprint of what a preset is now, by which its runs are known from those of an earlier or later state of it. Of
 * what it says itself: a new setting of the program with a default changes no fingerprint.
 */
export function identifyConfiguration(settings: PresetsSettings, preset: string): string {
  const text = JSON.stringify(configure(settings, preset), (_, value: unknown) =>
    isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
