import type { Command } from "commander";
import { SpikegymError, UsageError } from "../core/errors.ts";
import type { ClassificationConfig } from "../multitask/run-config.ts";
import type { TrainResult } from "../multitask/train.ts";
import { addModelOptions, type ModelOptions, requestOf } from "./multitask-options.ts";
import { formatTable } from "./output.ts";
import { formatDuration, openProgress } from "./progress.ts";
import { addVerb, openOutput, type VerbContext } from "./verb.ts";

interface TrainOptions extends ModelOptions {
  readonly out?: string;
  readonly resume?: string;
}

/** `spikegym multitask train MODEL`: trains one classifier; Ctrl-C leaves a run that goes on with `--resume`. */
export function addMultitaskTrain(multitask: Command, context: VerbContext): void {
  addModelOptions(addVerb(multitask, "train [model]", "trains a classifier"))
    .option("--out <dir>", "the run's folder (default: runs/multitask-<model>-<settings>-seed<seed>)")
    .option("--resume <dir>", "go on from a run's latest checkpoint")
    .action(async (model: string | undefined, options: TrainOptions) => {
      const output = openOutput(context, options);
      const { config, out } =
        options.resume === undefined
          ? await resolveRun(model, options)
          : await reopen(model, options.resume, options);
      const result = await runTraining(
        config,
        out,
        options.resume !== undefined,
        context,
        output.note.bind(output),
      );
      if (!result.complete) {
        throw new SpikegymError(
          `stopped after ${countEpochs(result.epochs.length)}; go on with: spikegym multitask train --resume ${out}`,
        );
      }
      output.finish(result, describeTraining(result));
    });
}

/** Trains with a progress bar. */
export async function runTraining(
  config: ClassificationConfig,
  out: string,
  resume: boolean,
  context: VerbContext,
  note: (line: string) => void,
): Promise<TrainResult> {
  const [{ loadTwoImages }, { trainClassifier }, { models }] = await Promise.all([
    import("../multitask/data/load.ts"),
    import("../multitask/train.ts"),
    import("../multitask/models/index.ts"),
  ]);
  const { caveat } = models.get(config.model);
  if (caveat !== undefined) note(`note: ${config.model}: ${caveat}`);
  const data = await loadTwoImages(config.data, config.seed);
  const progress = openProgress(`multitask ${config.model}`, "batches", context.streams);
  try {
    return await trainClassifier(config, data, {
      out,
      resume,
      signal: context.signal,
      onProgress: ({ done, total, epoch, epochs, loss, accuracy }) =>
        progress.update({
          done,
          total,
          fields: {
            epoch: `${epoch}/${epochs}`,
            loss: loss.toFixed(3),
            accuracy: accuracy.length === 0 ? "–" : accuracy.map(percent).join(" / "),
          },
        }),
      onNote: (line) => progress.note(line),
    });
  } finally {
    progress.stop();
  }
}

async function resolveRun(model: string | undefined, options: TrainOptions) {
  const [{ models }, { resolveConfig }, { freeRunFolder }] = await Promise.all([
    import("../multitask/models/index.ts"),
    import("../multitask/run-config.ts"),
    import("../training/run-folder.ts"),
  ]);
  if (model === undefined) {
    throw new UsageError(
      `multitask train: expected a model (known: ${models.ids.join(", ")}), or --resume DIR`,
    );
  }
  const config = resolveConfig(requestOf(model, options));
  const name = `runs/multitask-${model}-${config.settings}-seed${config.seed}`;
  return { config, out: options.out ?? freeRunFolder(name) };
}

/** The configuration of a run to go on with; only its length may change. */
async function reopen(model: string | undefined, path: string, options: TrainOptions) {
  const fixed = [
    "settings",
    "data",
    "limit",
    "tasks",
    "taskWeights",
    "noise",
    "noiseKind",
    "set",
    "seed",
    "out",
  ] as const;
  for (const name of fixed) {
    if (options[name] !== undefined) {
      const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      throw new UsageError(
        `multitask train: --${flag} cannot go with --resume; a resumed run keeps its configuration, except --epochs`,
      );
    }
  }
  if (model !== undefined) {
    throw new UsageError(`multitask train: ${model} cannot go with --resume ${path}; give one of both`);
  }
  const { readRecord } = await import("../multitask/run-folder.ts");
  const { config } = await readRecord(path);
  if (options.epochs === undefined) return { config, out: path };
  return { config: { ...config, network: { ...config.network, epochs: options.epochs } }, out: path };
}

export const countEpochs = (n: number) => `${n} epoch${n === 1 ? "" : "s"}`;

export const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

function describeTraining(result: TrainResult): string {
  const last = result.epochs.at(-1)!;
  const rows = result.tasks.map(({ name, accuracy, loss, calibration }) => [
    name,
    percent(accuracy),
    loss.toFixed(4),
    calibration.expectedError.toFixed(4),
  ]);
  return [
    formatTable([["task", "accuracy", "loss", "calibration error"], ...rows]),
    "",
    `${result.parameters} parameters, ${countEpochs(result.epochs.length)} in ${formatDuration(result.wallSeconds)} (the last pass ${last.trainSeconds.toFixed(2)} s), training loss ${last.loss.toFixed(4)}`,
    `${result.samples.train} training and ${result.samples.test} test samples of ${result.data}; settings ${result.settings}, seed ${result.seed}`,
    `run: ${result.out}`,
  ].join("\n");
}
