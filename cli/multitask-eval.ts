import type { Command } from "commander";
import { UsageError } from "../core/errors.ts";
import { percent } from "./multitask-train.ts";
import { parseInteger } from "./options.ts";
import { formatTable } from "./output.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

interface EvalOptions extends SharedOptions {
  readonly data?: string;
  readonly latest?: true;
  readonly image: number;
  readonly pictures?: string;
  readonly replay?: string;
  readonly replayImages: number;
}

/** `spikegym multitask eval RUN`: accuracies, confusion, calibration, spikes per image; pictures on demand. */
export function addMultitaskEval(multitask: Command, context: VerbContext): void {
  addVerb(multitask, "eval <run>", "tests a trained classifier: accuracies, confusion, calibration, spikes")
    .option("--data <dir>", "folder of the data set instead of the run's")
    .option("--latest", "the latest checkpoint instead of the best")
    .option(
      "--pictures <dir>",
      "write confusion, calibration, receptive fields and spike trains as SVG and PNG",
    )
    .option("--image <n>", "test image whose spike trains are drawn", parseInteger(0), 0)
    .option(
      "--replay <file>",
      "write test images from --image on, with every spike, for spikegym view (.mcap)",
    )
    .option("--replay-images <n>", "how many", parseInteger(1), 8)
    .action(async (path: string, options: EvalOptions) => {
      const output = openOutput(context, options);
      const [{ loadRun }, { evaluateRun }] = await Promise.all([
        import("../multitask/load-run.ts"),
        import("../multitask/evaluate-run.ts"),
      ]);
      const run = await loadRun(path, options.latest ? "latest" : "best", options.data);
      if (run.warning !== undefined) output.note(`spikegym: ${run.warning}`);
      if (options.pictures !== undefined || options.replay !== undefined) {
        imagesFrom(options.image, 1, run.data.test.count);
      }
      const result = evaluateRun(run, context.signal);
      let pictures: string[] = [];
      if (options.pictures !== undefined) {
        const { writePictures } = await import("../multitask/pictures.ts");
        pictures = await writePictures(run, result, options.pictures, options.image);
        for (const picture of pictures) output.note(`picture: ${picture}`);
      }
      if (options.replay !== undefined) {
        const { recordImages } = await import("../multitask/record-images.ts");
        const shown = imagesFrom(options.image, options.replayImages, run.data.test.count);
        await recordImages(run, shown, options.replay);
        output.note(`replay: ${options.replay}, ${shown.length} images; spikegym view ${options.replay}`);
      }
      run.learner.dispose();
      const rows = result.tasks.map(({ name, classNames, accuracy, loss, calibration, perClass }) => {
        const known = perClass.flatMap((share, label) => (share === null ? [] : [{ share, label }]));
        const worst = known.reduce((a, b) => (b.share < a.share ? b : a));
        return [
          name,
          percent(accuracy),
          loss.toFixed(4),
          calibration.expectedError.toFixed(4),
          `${classNames[worst.label]} (${percent(worst.share)})`,
        ];
      });
      const activity = result.activity.map((layer) => [
        layer.layer,
        String(layer.neurons),
        layer.spikesPerImage.toFixed(0),
        layer.rate.toFixed(4),
        percent(layer.silentShare),
      ]);
      output.finish(
        { run: path, ...result, pictures, replay: options.replay ?? null },
        [
          formatTable([["task", "accuracy", "loss", "calibration error", "hardest class"], ...rows]),
          ...(activity.length === 0
            ? []
            : [
                "",
                formatTable([["layer", "neurons", "spikes an image", "rate a tick", "silent"], ...activity]),
              ]),
          "",
          `${result.model} (${result.settings}), ${result.parameters} parameters, ${result.samples} test samples of ${result.data}`,
        ].join("\n"),
      );
    });
}

function imagesFrom(first: number, count: number, all: number): number[] {
  if (first >= all) throw new UsageError(`--image is ${first}, but there are ${all} test images`);
  return Array.from({ length: Math.min(count, all - first) }, (_, i) => first + i);
}
