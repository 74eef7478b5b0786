import type { Command } from "commander";
import { SpikegymError, UsageError } from "../core/errors.ts";
import type { InformationResult } from "../multitask/information/measure.ts";
import { DEFAULT_DATA, parseNames } from "./multitask-options.ts";
import { countEpochs, percent } from "./multitask-train.ts";
import { parseInteger, parseNumber } from "./options.ts";
import { openProgress } from "./progress.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

interface InformationOptions extends SharedOptions {
  readonly data: string;
  readonly settings?: string;
  readonly epochs?: number;
  readonly limit?: number;
  readonly beta?: number;
  readonly out?: string;
  readonly picture?: string;
  readonly beside?: readonly string[];
}

/** `spikegym multitask information MODEL`: the variational information bottleneck of a model's neurons. */
export function addMultitaskInformation(multitask: Command, context: VerbContext): void {
  addVerb(multitask, "information <model>", "what a layer of neurons carries about image and labels, in bits")
    .option("--data <dir>", "folder of the data set", DEFAULT_DATA)
    .option(
      "--settings <form>",
      "published, or corrected: KL in the loss and H(Y) of both labels",
      "published",
    )
    .option("--epochs <n>", "passes over the training samples (default: 200)", parseInteger(1))
    .option("--limit <n>", "only the first n training samples", parseInteger(1))
    .option("--beta <b>", "weight of the KL in the corrected form's loss (default: 0.001)", parseNumber(0))
    .option("--out <dir>", "the run's folder; one that was stopped is gone on with")
    .option("--picture <file>", "the run's way through the information plane, .svg or .png")
    .option("--beside <dirs>", "finished runs to draw with it, e.g. runs/a,runs/b", parseNames)
    .action(async (model: string, options: InformationOptions) => {
      const output = openOutput(context, options);
      const [
        { informationSchema, informationNeuronOf },
        { measureInformation },
        { loadTwoImages },
        { parse },
      ] = await Promise.all([
        import("../multitask/information/settings.ts"),
        import("../multitask/information/measure.ts"),
        import("../multitask/data/load.ts"),
        import("../core/parse.ts"),
      ]);
      const { settings, epochs, limit, beta, data, seed } = options;
      if (settings !== "published" && settings !== "corrected") {
        throw new UsageError(`--settings is "${settings}", expected published or corrected`);
      }
      const config = parse(
        informationSchema,
        {
          neuron: informationNeuronOf(model),
          form: settings,
          data,
          seed: seed ?? 0,
          ...(epochs === undefined ? {} : { epochs }),
          ...(limit === undefined ? {} : { limit }),
          ...(beta === undefined ? {} : { beta }),
        },
        `multitask information ${model}`,
      );
      const out = options.out ?? `runs/information-${config.neuron}-${config.form}-seed${config.seed}`;
      const dataSet = await loadTwoImages(data, config.seed);
      const progress = openProgress(`information ${model}`, "batches", context.streams);
      let result: InformationResult;
      try {
        result = await measureInformation(config, dataSet, {
          out,
          signal: context.signal,
          onProgress: (epoch, done, total, last) =>
            progress.update({
              done,
              total,
              fields: {
                epoch: `${epoch}/${config.epochs}`,
                ...(last === undefined
                  ? {}
                  : { "I(X;Z)": last.izxBits.toFixed(1), "I(Z;Y)": last.izyBits.toFixed(2) }),
              },
            }),
        });
      } finally {
        progress.stop();
      }
      if (!result.complete) {
        throw new SpikegymError(
          `stopped after ${countEpochs(result.epochs.length)}; the same command with --out ${out} goes on`,
        );
      }
      if (options.picture !== undefined) {
        await drawPlane(options.picture, result, options.beside ?? []);
        output.note(`picture: ${options.picture}`);
      }
      const last = result.epochs.at(-1)!;
      output.finish(
        result,
        [
          `I(X;Z) <= ${last.izxBits.toFixed(2)} bits, I(Z;Y) >= ${last.izyBits.toFixed(3)} bits after ${countEpochs(last.epoch)} (${config.form})`,
          `accuracy of the mean code: ${last.accuracy.map((share, task) => `${dataSet.test.tasks[task]!.name} ${percent(share)}`).join(", ")}`,
          `${result.samples} training samples of ${result.data}, seed ${config.seed}; run: ${out}`,
        ].join("\n"),
      );
    });
}

async function drawPlane(path: string, result: InformationResult, beside: readonly string[]): Promise<void> {
  const [{ readInformation }, { drawInformationPlane }, { writePicture }] = await Promise.all([
    import("../multitask/information/measure.ts"),
    import("../multitask/information/plane.ts"),
    import("../training/plots/write-picture.ts"),
  ]);
  const others = await Promise.all(
    beside.map(async (folder) => {
      const other = await readInformation(folder);
      if (other === undefined) throw new UsageError(`--beside ${folder}: no finished information run there`);
      return other;
    }),
  );
  await writePicture(path, drawInformationPlane([result, ...others]));
}
