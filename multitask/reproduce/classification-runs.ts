import { join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import type { FigureOptions } from "../../training/reproduce/figure.ts";
import { type ImageDataSet, limitSamples } from "../data/image-samples.ts";
import { loadTwoImages } from "../data/load.ts";
import { models } from "../models/index.ts";
import type { SettingsKind } from "../models/model-config.ts";
import type { ClassificationRequest } from "../run-config.ts";
import type { StudyJob } from "../study/plan.ts";
import { collectJobs, type JobResult, runJobs } from "../study/run-study.ts";

export const SETTINGS = ["published", "matched"] as const satisfies readonly SettingsKind[];

/** What is trained, before its seed. */
export interface ClassifierPlan {
  readonly group: string;
  readonly model: string;
  readonly settings: SettingsKind;
  readonly noise?: { readonly kind: string; readonly level: number };
  /** Instead of the model's own. */
  readonly layers?: NonNullable<ClassificationRequest["network"]>["layers"];
}

/** The neurons of a scale that a body has, as models. */
export function modelsOf(neurons: readonly string[], body: "fc" | "conv"): string[] {
  return neurons
    .map((neuron) => `${neuron}-${body}`)
    .filter((id) => (models.ids as readonly string[]).includes(id));
}

const isConv = (model: string) => !model.endsWith("-fc");

/**
 * Trains what is not trained yet, seed by seed; figures that want the same run find it done.
 *
 * @returns undefined where it was stopped
 */
export async function trainClassifiers(
  plans: readonly ClassifierPlan[],
  options: FigureOptions,
): Promise<JobResult[] | undefined> {
  const { scale, signal } = options;
  const data = folderOf(options);
  const jobs = Array.from({ length: options.seeds }, (_, seed) =>
    plans
      .filter(({ model }) => seed < (isConv(model) ? scale.convSeeds : options.seeds))
      .map(
        ({ group, model, settings, noise, layers }): StudyJob => ({
          id: `${group}-seed${seed}`,
          group,
          section: "figure",
          request: {
            model,
            settings,
            seed,
            data,
            limit: isConv(model) ? scale.convSamples : scale.samples,
            ...(noise === undefined ? {} : { noise }),
            network: {
              epochs: isConv(model) ? scale.convEpochs : scale.epochs,
              ...(layers === undefined ? {} : { layers }),
            },
          },
        }),
      ),
  ).flat();
  const out = join(options.work, "classification");
  // One kind of test set a body: a result says how many samples it was tested on.
  for (const conv of [false, true]) {
    const own = jobs.filter(({ request }) => isConv(request.model) === conv);
    await runJobs(own, () => loadTest(data, conv ? scale.convTestSamples : scale.testSamples), {
      out,
      signal,
      onProgress: ({ id }, number, all, { done, total }) =>
        options.onProgress({
          done: tenths(number - 1 + done / total),
          total: all,
          unit: "trainings",
          fields: { training: id },
        }),
    });
    if (signal.aborted) return undefined;
  }
  return (await collectJobs(jobs, out)).results;
}

/** The data set with the first so many of its test samples. */
export async function loadTest(folder: string, samples: number | null): Promise<ImageDataSet> {
  const data = await loadTwoImages(folder);
  if (samples === null || samples >= data.test.count) return data;
  return {
    ...data,
    name: `${data.name}, first ${samples} test images`,
    test: limitSamples(data.test, samples),
  };
}

/** @throws UsageError without a data folder; the command line skips such figures before */
export function folderOf({ data }: Pick<FigureOptions, "data">): string {
  if (data === null)
    throw new UsageError("reproduce: this figure needs the two-task data set; give --data DIR");
  return data;
}

/** Mean accuracy of both tasks, percent. */
export function accuracyOf({ accuracy }: JobResult): number {
  return (100 * accuracy.reduce((sum, x) => sum + x, 0)) / accuracy.length;
}

/** Accuracies by neuron (the model's name without its body), one a seed. */
export function scoresOf(results: readonly JobResult[]): Map<string, number[]> {
  const scores = new Map<string, number[]>();
  for (const result of results) {
    const neuron = result.model.replace(/-(fc|conv)$/, "");
    scores.set(neuron, [...(scores.get(neuron) ?? []), accuracyOf(result)]);
  }
  return scores;
}

/** "2,048 training and 1,024 test images, 2 epochs, 3 seeds" */
export function classificationExtent(results: readonly JobResult[], { seeds, scale }: FigureOptions): string {
  const [first] = results;
  if (first === undefined) return "nothing was trained";
  const { train, test } = first.samples;
  const own = isConv(first.model) ? Math.min(seeds, scale.convSeeds) : seeds;
  return `${train.toLocaleString("en")} training and ${test.toLocaleString("en")} test images (${first.data}), ${first.epochs} epoch${first.epochs === 1 ? "" : "s"}, ${own} seed${own === 1 ? "" : "s"}`;
}

/** For progress: 4.7 of 8 trainings. */
export function tenths(x: number): number {
  return Math.round(10 * x) / 10;
}
