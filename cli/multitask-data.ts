import type { Command } from "commander";
import { DEFAULT_DATA } from "./multitask-options.ts";
import { formatTable } from "./output.ts";
import { openProgress } from "./progress.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

interface DataOptions extends SharedOptions {
  readonly data: string;
  readonly download?: true;
}

/** `spikegym multitask data`: what a data folder holds; `--download` gets the full sets into it. */
export function addMultitaskData(multitask: Command, context: VerbContext): void {
  addVerb(multitask, "data", "checks the data set's files, or downloads the full Fashion-MNIST and MNIST")
    .option("--data <dir>", "folder of the data set", DEFAULT_DATA)
    .option("--download", "fetch the files that are missing (about 45 MB), going on where it stopped")
    .action(async (options: DataOptions) => {
      const output = openOutput(context, options);
      const [{ download, fullSets }, { loadTwoImages }] = await Promise.all([
        import("../multitask/data/download.ts"),
        import("../multitask/data/load.ts"),
      ]);
      const files = fullSets();
      if (options.download) {
        const progress = openProgress("multitask data", "bytes", context.streams);
        try {
          await download(files, options.data, {
            signal: context.signal,
            onProgress: ({ file, doneBytes, totalBytes }) =>
              progress.update({ done: doneBytes, total: totalBytes ?? doneBytes, fields: { file } }),
            onNote: (line) => progress.note(line),
          });
        } finally {
          progress.stop();
        }
      }
      const data = await loadTwoImages(options.data, options.seed ?? 0).catch((error: unknown) => {
        output.note("the full sets:");
        output.note(formatTable(files.map(({ name, url }) => [`${name}.gz`, url])));
        throw error;
      });
      const { height, width, tasks } = data.train;
      output.finish(
        {
          folder: options.data,
          name: data.name,
          samples: { train: data.train.count, test: data.test.count },
          image: { height, width },
          tasks,
          files,
        },
        [
          data.name,
          `images of ${height} x ${width}, tasks ${tasks.map((t) => `${t.name} (${t.classes} classes)`).join(", ")}`,
          `folder: ${options.data}`,
        ].join("\n"),
      );
    });
}
