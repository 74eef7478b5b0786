import { basename, dirname, extname, join } from "node:path";
import type { Command } from "commander";
import { SpikegymError } from "../core/errors.ts";
import type { StudyResult } from "../multitask/study/run-study.ts";
import { DEFAULT_DATA, parseNames } from "./multitask-options.ts";
import { parseInteger } from "./options.ts";
import { openProgress } from "./progress.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

interface StudyOptions extends SharedOptions {
  readonly data: string;
  readonly models?: readonly string[];
  readonly settings?: readonly string[];
  readonly seeds: number;
  readonly convSeeds: number;
  readonly epochs?: number;
  readonly convEpochs?: number;
  readonly limit?: number;
  readonly information: number;
  readonly scale?: string;
  readonly out: string;
  readonly report?: string;
}

/** `spikegym multitask study`: every model, both settings, noise and single tasks, in one resumable command. */
export function addMultitaskStudy(multitask: Command, context: VerbContext): void {
  addVerb(
    multitask,
    "study",
    "trains and tests all models and writes the page; kill it and start it again at will",
  )
    .option("--data <dir>", "folder of the data set: the full sets make it the full study", DEFAULT_DATA)
    .option("--models <names>", "only these models, e.g. lif-fc,hh-published-fc", parseNames)
    .option("--settings <kinds>", "published,matched, or one of them", parseNames)
    .option("--seeds <n>", "seeds of the fully connected models", parseInteger(1), 3)
    .option("--conv-seeds <n>", "seeds of the convolutional models", parseInteger(1), 1)
    .option("--epochs <n>", "epochs of the fully connected models (default: 40)", parseInteger(1))
    .option("--conv-epochs <n>", "epochs of the convolutional models (default: 40)", parseInteger(1))
    .option("--limit <n>", "only the first n training samples", parseInteger(1))
    .option(
      "--information <n>",
      "passes of the information bottlenecks after the trainings (200 in the paper)",
      parseInteger(0),
      0,
    )
    .option("--scale <size>", "subset or full: refuse a data folder that holds the other")
    .option("--out <dir>", "where it works and goes on", "studies/multitask")
    .option("--report <file>", "where the page goes (default: <out>/multitask.md)")
    .action(async (options: StudyOptions) => {
      const output = openOutput(context, options);
      const [
        { studySchema },
        { runStudy },
        { restoreStudyData, writeStudyData },
        { renderStudyPage },
        { byForm, collectInformation, runInformation },
        { drawInformationPlane },
        { models },
        { parse },
        { writeFileAtomically },
        { writePicture },
      ] = await Promise.all([
        import("../multitask/study/plan.ts"),
        import("../multitask/study/run-study.ts"),
        import("../multitask/study/study-data.ts"),
        import("../multitask/study/page.ts"),
        import("../multitask/study/information.ts"),
        import("../multitask/information/plane.ts"),
        import("../multitask/models/index.ts"),
        import("../core/parse.ts"),
        import("../training/atomic-file.ts"),
        import("../training/plots/write-picture.ts"),
      ]);
      const config = parse(
        studySchema,
        {
          data: options.data,
          models: options.models ?? models.ids,
          ...(options.settings === undefined ? {} : { settings: options.settings }),
          seeds: options.seeds,
          convSeeds: options.convSeeds,
          epochs: options.epochs ?? null,
          convEpochs: options.convEpochs ?? null,
          limit: options.limit ?? null,
          informationEpochs: options.information,
          scale: options.scale ?? null,
        },
        "multitask study",
      );
      const page = options.report ?? `${options.out}/multitask.md`;
      const data = join(dirname(page), `${basename(page, extname(page))}.json`);
      const { restored, kept } = await restoreStudyData(data, config, options.out);
      if (restored > 0) output.note(`${restored} results stand in ${data} already and are kept`);
      if (kept.length > 0) output.note(`${kept.length} results there are of nothing in this plan; they stay`);
      const progress = openProgress("multitask study", "batches", context.streams);
      let result: StudyResult;
      let isInformed = false;
      try {
        result = await runStudy(config, {
          out: options.out,
          signal: context.signal,
          onProgress: ({ id }, number, jobs, { done, total, loss }) =>
            progress.update({
              done,
              total,
              fields: { training: `${number}/${jobs} ${id}`, loss: loss.toFixed(3) },
            }),
        });
        if (result.complete) {
          isInformed = await runInformation(config, {
            out: options.out,
            signal: context.signal,
            onProgress: (training, done, total) => progress.update({ done, total, fields: { training } }),
          });
        }
      } finally {
        progress.stop();
      }
      const information = await collectInformation(options.out);
      const pictureOf = (form: string) => `${basename(page, extname(page))}-information-${form}.svg`;
      for (const [form, runs] of byForm(information)) {
        await writePicture(join(dirname(page), pictureOf(form)), drawInformationPlane(runs));
      }
      await writeStudyData(data, config, commandOf(options), {
        results: [...result.results, ...kept],
        information,
      });
      await writeFileAtomically(
        page,
        renderStudyPage({ ...result, kept }, commandOf(options), information, pictureOf),
      );
      if (!result.complete || !isInformed) {
        throw new SpikegymError(
          `multitask study stopped: ${result.results.length} of ${result.planned} trainings are done, page in ${page}; the same command goes on`,
        );
      }
      output.finish({ ...result, information, page }, `${result.results.length} trainings; page: ${page}`);
    });
}

/** The command that makes the page, without this machine's folders. */
function commandOf({
  models,
  settings,
  seeds,
  convSeeds,
  epochs,
  convEpochs,
  limit,
  information,
  scale,
}: StudyOptions): string {
  return [
    "spikegym multitask study --data DIR",
    ...(models === undefined ? [] : [`--models ${models.join(",")}`]),
    ...(settings === undefined ? [] : [`--settings ${settings.join(",")}`]),
    `--seeds ${seeds} --conv-seeds ${convSeeds}`,
    ...(epochs === undefined ? [] : [`--epochs ${epochs}`]),
    ...(convEpochs === undefined ? [] : [`--conv-epochs ${convEpochs}`]),
    ...(limit === undefined ? [] : [`--limit ${limit}`]),
    ...(information === 0 ? [] : [`--information ${information}`]),
    ...(scale === undefined ? [] : [`--scale ${scale}`]),
  ].join(" ");
}
