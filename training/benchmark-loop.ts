import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { parseRunConfig } from "./config.ts";
import { presets } from "./presets/index.ts";
import { train } from "./trainer.ts";

/** Learning steps that are not counted: the compiler warms up. */
const WARM_UP = 300;

/** Of the run that is begun, long enough that nothing but learning happens while it is measured. */
const LENGTH = 60_000;

/** Presets whose whole loop is measured: `tuned/double-<neuron>`. */
export const loopModels = ["ann", "lif", "s-lif2hh", "hh-published", "hh"] as const;

export interface LoopSpeed {
  /** Environment steps a second, each with its action, its place in the replay buffer and its update. */
  readonly stepsPerSecond: number;
}

/**
 * The speed of a training as it is run, from the environment to the log, evaluations and checkpoints left out: the time
 * from one learning step to `steps` later.
 *
 * @param model a neuron of the presets `tuned/double-*`, in the `mujoco` engine
 */
export async function measureLoop(model: string, steps: number, signal?: AbortSignal): Promise<LoopSpeed> {
  const preset = `tuned/double-${model}`;
  const { config } = presets.get(preset);
  signal?.throwIfAborted();
  const out = await mkdtemp(join(tmpdir(), "spikegym-bench-loop-"));
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  let first = Number.NaN;
  let began = Number.NaN;
  let ended = Number.NaN;
  try {
    const run = parseRunConfig(
      {
        ...config,
        preset,
        seed: 0,
        environment: { ...config.environment, engine: "mujoco" },
        training: { ...config.training, steps: LENGTH, evaluateEvery: LENGTH, checkpointEvery: LENGTH },
      },
      `preset "${preset}"`,
    );
    await train(run, {
      out: join(out, "run"),
      signal: either,
      onUpdate: (step) => {
        if (Number.isNaN(first)) first = step;
        if (step === first + WARM_UP) began = performance.now();
        if (step === first + WARM_UP + steps) {
          ended = performance.now();
          stop.abort();
        }
      },
    });
  } finally {
    await rm(out, { recursive: true, force: true });
  }
  signal?.throwIfAborted();
  if (Number.isNaN(ended)) throw new UsageError(`bench loop: ${preset} does not update at every step`);
  return { stepsPerSecond: (1000 * steps) / (ended - began) };
}
