import type { Command } from "commander";
import { parseNames, parseNumbers } from "./multitask-options.ts";
import { percent } from "./multitask-train.ts";
import { formatTable } from "./output.ts";
import { openProgress } from "./progress.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

interface NoiseOptions extends SharedOptions {
  readonly data?: string;
  readonly kinds?: readonly string[];
  readonly levels?: readonly number[];
  readonly latest?: true;
}

/** `spikegym multitask noise RUN`: accuracies of a trained classifier under corruptions it has not seen. */
export function addMultitaskNoise(multitask: Command, context: VerbContext): void {
  addVerb(
    multitask,
    "noise <run>",
    "tests a trained classifier under noise, occlusion, shift and contrast (to train with one: train --noise)",
  )
    .option("--data <dir>", "folder of the data set instead of the run's")
    .option("--kinds <names>", "only these kinds, e.g. fixed,fresh (default: all)", parseNames)
    .option("--levels <list>", "these levels instead of each kind's own, e.g. 25,50,75", parseNumbers)
    .option("--latest", "the latest checkpoint instead of the best")
    .action(async (path: string, options: NoiseOptions) => {
      const output = openOutput(context, options);
      const [{ loadRun }, { allCorruptions, testNoise }, { corruptions }] = await Promise.all([
        import("../multitask/load-run.ts"),
        import("../multitask/evaluate-run.ts"),
        import("../multitask/corruptions/index.ts"),
      ]);
      const kinds = options.kinds ?? corruptions.ids;
      const wanted =
        options.levels === undefined
          ? allCorruptions(kinds)
          : kinds.flatMap((kind) => options.levels!.map((level) => ({ kind, level })));
      const run = await loadRun(path, options.latest ? "latest" : "best", options.data);
      const progress = openProgress("multitask noise", "tests", context.streams);
      const results = testNoise(
        run,
        wanted,
        (done, total) => progress.update({ done, total }),
        context.signal,
      );
      progress.stop();
      run.learner.dispose();
      const tasks = run.data.test.tasks.map(({ name }) => name);
      const rows = results.map(({ kind, level, accuracy }) => [
        kind,
        String(level),
        ...accuracy.map(percent),
      ]);
      output.finish(
        {
          run: path,
          model: run.record.config.model,
          settings: run.record.config.settings,
          data: run.data.name,
          trainedWith: run.record.config.noise,
          tasks,
          results,
        },
        [
          formatTable([["corruption", "level", ...tasks], ...rows]),
          "",
          `${run.record.config.model} (${run.record.config.settings}) on ${run.data.name}`,
        ].join("\n"),
      );
    });
}
