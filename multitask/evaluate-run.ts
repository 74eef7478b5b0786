import { corruptions, makeCorruption } from "./corruptions/index.ts";
import { evaluate, type TaskResult } from "./evaluate.ts";
import type { LoadedRun } from "./load-run.ts";
import { type LayerActivity, measureActivity } from "./spikes.ts";

/** How a trained classifier does on its test samples. */
export interface RunEvaluation {
  readonly model: string;
  readonly settings: string;
  readonly data: string;
  readonly samples: number;
  readonly parameters: number;
  readonly tasks: readonly TaskResult[];
  readonly activity: readonly LayerActivity[];
}

/** Images whose spikes are counted: enough for a mean that settles to a percent. */
export const ACTIVITY_IMAGES = 64;

/** The run's own noise, if it was trained with one, is on the test samples too. */
export function evaluateRun(run: LoadedRun, signal?: AbortSignal): RunEvaluation {
  const { learner, record, data, rng } = run;
  const { noise } = record.config;
  const corruption =
    noise === null
      ? undefined
      : {
          corrupt: makeCorruption(noise, data.test, rng.split("noise/pattern")),
          rng: rng.split("noise/test"),
        };
  return {
    model: record.config.model,
    settings: record.config.settings,
    data: data.name,
    samples: data.test.count,
    parameters: learner.classifier.parameterCount,
    tasks: evaluate(learner, data.test, corruption, signal),
    activity: measureActivity(learner, data.test, ACTIVITY_IMAGES),
  };
}

/** Accuracy under one corruption. */
export interface NoiseResult {
  readonly kind: string;
  readonly level: number;
  readonly accuracy: readonly number[];
}

/** Tests a trained classifier under corruptions it was not trained with, and without any. */
export function testNoise(
  run: LoadedRun,
  wanted: readonly { kind: string; level: number }[],
  onProgress: (done: number, total: number) => void,
  signal?: AbortSignal,
): NoiseResult[] {
  const { learner, data, rng } = run;
  return [{ kind: "none", level: 0 }, ...wanted].map(({ kind, level }, i) => {
    onProgress(i, wanted.length + 1);
    const corruption =
      kind === "none"
        ? undefined
        : {
            corrupt: makeCorruption({ kind, level }, data.test, rng.split(`noise/pattern/${kind}`)),
            rng: rng.split(`noise/test/${kind}/${level}`),
          };
    const tasks = evaluate(learner, data.test, corruption, signal);
    return { kind, level, accuracy: tasks.map(({ accuracy }) => accuracy) };
  });
}

/** Every kind at each of its levels. */
export function allCorruptions(kinds: readonly string[]): { kind: string; level: number }[] {
  return kinds.flatMap((kind) => corruptions.get(kind).levels.map((level) => ({ kind, level })));
}
