import type { Command } from "commander";
import { SpikegymError, UsageError } from "../core/errors.ts";
import type { RunConfig, RunConfigInput } from "../training/config.ts";
import type { TrainProgress, TrainSummary } from "../training/trainer.ts";
import { collectSettings, parseInteger } from "./options.ts";
import { formatDuration, openProgress } from "./progress.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

interface TrainOptions extends SharedOptions {
  readonly env?: string;
  readonly engine?: string;
  readonly algo?: string;
  readonly neuron?: string;
  readonly steps?: number;
  readonly out?: string;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly resume?: string;
}

/** `spikegym train PRESET`: trains one agent; Ctrl-C leaves a run that goes on with `--resume`. */
export function addTrain(program: Command, context: VerbContext): void {
  addVerb(program, "train [preset]", "trains an agent, from a preset or from where a run stopped")
    .option("--env <id>", "environment instead of the preset's")
    .option("--engine <id>", "physics engine instead of the preset's")
    .option("--algo <id>", "learning algorithm instead of the preset's")
    .option("--neuron <id>", "neuron model instead of the preset's, with its own defaults")
    .option("--steps <n>", "environment steps", parseInteger(1))
    .option("--out <dir>", "the run's folder (default: runs/<preset>-seed<seed>)")
    .option("--set <key=value>", "any setting by its path, e.g. training.evaluateEvery=500", collectSettings)
    .option("--resume <dir>", "go on from a run's latest checkpoint")
    .action(async (preset: string | undefined, options: TrainOptions) => {
      const output = openOutput(context, options);
      const { config, out } =
        options.resume === undefined
          ? await resolveRun(preset, options)
          : await reopen(preset, options.resume, options);
      const summary = await runTraining(config, out, options.resume !== undefined, context);
      if (!summary.complete) {
        throw new SpikegymError(
          `stopped at step ${summary.steps}; go on with: spikegym train --resume ${summary.out}`,
        );
      }
      output.finish(summary, describeSummary(summary));
    });
}

/** Trains with a progress bar. */
export async function runTraining(
  config: RunConfig,
  out: string,
  resume: boolean,
  context: VerbContext,
): Promise<TrainSummary> {
  const { train } = await import("../training/trainer.ts");
  const progress = openProgress("training", "steps", context.streams);
  try {
    return await train(config, {
      out,
      resume,
      signal: context.signal,
      onProgress: (at) => progress.update({ done: at.step, total: at.steps, fields: describeProgress(at) }),
      onNote: (line) => progress.note(line),
    });
  } finally {
    progress.stop();
  }
}

function describeProgress({ recentReturn, evaluationReturn }: TrainProgress): Record<string, string> {
  const show = (value: number) => (Number.isNaN(value) ? "–" : value.toFixed(0));
  return { return: show(recentReturn), evaluated: show(evaluationReturn) };
}

export function describeSummary(s: TrainSummary): string {
  const show = (value: number | null) => (value === null ? "none" : value.toFixed(1));
  const solved =
    s.solvedAtStep === null
      ? `not solved (threshold ${s.solvedReturn})`
      : `solved at step ${s.solvedAtStep} (threshold ${s.solvedReturn})`;
  return [
    `${solved}: last evaluation ${show(s.finalReturn)}, best ${show(s.bestReturn)}, mean of ${s.evaluationEpisodes} episodes`,
    `${s.steps} steps in ${formatDuration(s.wallSeconds)}, ${s.updateMs.toFixed(2)} ms an update, seed ${s.seed}`,
    `run: ${s.out}`,
  ].join("\n");
}

/** The configuration of a new run: preset, then the options, then `--set`. */
export async function resolveRun(
  preset: string | undefined,
  options: Omit<TrainOptions, "resume">,
): Promise<{ config: RunConfig; out: string }> {
  const [{ presets }, { applySettings, parseRunConfig }, { freeRunFolder }] = await Promise.all([
    import("../training/presets/index.ts"),
    import("../training/config.ts"),
    import("../training/run-folder.ts"),
  ]);
  if (preset === undefined) {
    throw new UsageError(`train: expected a preset (known: ${presets.ids.join(", ")}), or --resume DIR`);
  }
  const { config: base } = presets.get(preset);
  const seed = options.seed ?? 0;
  const start: RunConfigInput = { preset, seed, ...structuredClone(base) };
  if (options.env !== undefined) start.environment = { ...start.environment, id: options.env };
  if (options.engine !== undefined) start.environment = { ...start.environment, engine: options.engine };
  if (options.algo !== undefined) start.algorithm = { ...start.algorithm, id: options.algo as "sac" };
  if (options.neuron !== undefined)
    start.policy = { ...start.policy, neuron: { id: options.neuron, parameters: {} } };
  if (options.steps !== undefined) start.training = { ...start.training, steps: options.steps };
  const where = `preset "${preset}"`;
  // Parsed before and after: only with the defaults filled in is every path there to be set.
  const config = parseRunConfig(applySettings(parseRunConfig(start, where), options.set ?? {}), where);
  const out = options.out ?? freeRunFolder(`runs/${preset.replaceAll("/", "-")}-seed${config.seed}`);
  return { config, out };
}

/** The configuration of a run to go on with; only its length may change. */
async function reopen(preset: string | undefined, path: string, options: TrainOptions) {
  for (const name of ["env", "engine", "algo", "neuron", "set", "out", "seed"] as const) {
    if (options[name] !== undefined) {
      throw new UsageError(
        `train: --${name} cannot go with --resume; a resumed run keeps its configuration, except --steps`,
      );
    }
  }
  if (preset !== undefined)
    throw new UsageError(`train: preset "${preset}" cannot go with --resume ${path}; give one of both`);
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
