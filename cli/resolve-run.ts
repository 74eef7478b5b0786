import { UsageError } from "../core/errors.ts";
import type { RunConfig } from "../training/config.ts";
import type { SharedOptions } from "./verb.ts";

/** What the command line says of a run. */
export interface TrainOptions extends SharedOptions {
  readonly env?: string;
  readonly engine?: string;
  readonly algo?: string;
  readonly neuron?: string;
  readonly steps?: number;
  readonly out?: string;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly resume?: string;
  readonly seeds?: number;
  readonly workers?: number;
}

/** The configuration of a new run: preset, then the options, then `--set`. */
export async function resolveRun(
  preset: string | undefined,
  options: Omit<TrainOptions, "resume">,
): Promise<{ config: RunConfig; out: string }> {
  const [{ presets }, { isPresetFile, readPresetFile }, { configureRun }, { freeRunFolder }] =
    await Promise.all([
      import("../training/presets/index.ts"),
      import("../training/presets/preset-file.ts"),
      import("../training/configure-run.ts"),
      import("../training/run-folder.ts"),
    ]);
  if (preset === undefined) {
    throw new UsageError(
      `train: expected a preset (known: ${presets.ids.join(", ")}), a file of settings (.yaml, .json), or --resume DIR`,
    );
  }
  const { env, engine, algo, neuron, steps, seed, set } = options;
  const config = configureRun(isPresetFile(preset) ? await readPresetFile(preset) : preset, {
    ...(env === undefined ? {} : { environment: env }),
    ...(engine === undefined ? {} : { engine }),
    ...(algo === undefined ? {} : { algorithm: algo }),
    ...(neuron === undefined ? {} : { neuron }),
    ...(steps === undefined ? {} : { steps }),
    ...(seed === undefined ? {} : { seed }),
    ...(set === undefined ? {} : { settings: set }),
  });
  const out = options.out ?? freeRunFolder(`runs/${config.preset.replaceAll("/", "-")}-seed${config.seed}`);
  return { config, out };
}

/** The configuration of a run to go on with; only its length may change. */
export async function reopenRun(preset: string | undefined, path: string, options: TrainOptions) {
  refuseBesideResume(preset, path, options, ["env", "engine", "algo", "neuron", "set", "out", "seed"]);
  const [{ readRunRecord }, { parseRunConfig }] = await Promise.all([
    import("../training/run-folder.ts"),
    import("../training/config.ts"),
  ]);
  const { config } = await readRunRecord(path);
  if (options.steps === undefined) return { config, out: path };
  return {
    config: parseRunConfig({ ...config, training: { ...config.training, steps: options.steps } }),
    out: path,
  };
}

/** A resumed run keeps its configuration. */
export function refuseBesideResume(
  preset: string | undefined,
  path: string,
  options: TrainOptions,
  names: readonly (keyof TrainOptions)[],
): void {
  for (const name of names) {
    if (options[name] !== undefined) {
      throw new UsageError(
        `train: --${name} cannot go with --resume; a resumed run keeps its configuration${names.includes("steps") ? "" : ", except --steps"}`,
      );
    }
  }
  if (preset !== undefined)
    throw new UsageError(`train: preset "${preset}" cannot go with --resume ${path}; give one of both`);
}
