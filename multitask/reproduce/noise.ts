import { meanOf } from "../../training/reproduce/charts.ts";
import { drawCurves } from "../../training/reproduce/curve-chart.ts";
import {
  defineFigure,
  type FigureOptions,
  type FigureResult,
  PAPER,
} from "../../training/reproduce/figure.ts";
import { judge } from "../../training/reproduce/verdict.ts";
import { mean } from "../../training/statistics/descriptive.ts";
import type { JobResult } from "../study/run-study.ts";
import {
  accuracyOf,
  type ClassifierPlan,
  classificationExtent,
  modelsOf,
  SETTINGS,
  scoresOf,
  trainClassifiers,
} from "./classification-runs.ts";

/** Classifiers trained and tested under image noise. */
export const figureS21 = defineFigure({
  id: "s2.1",
  title: "Two-task classification under noise",
  summary: "accuracies of fully connected classifiers trained and tested under image noise",
  references: PAPER,
  claim:
    "Under noise HH and s-LIF2HH networks classify better than LIF networks of the same width and as well as LIF networks of four times the width.",
  needsData: true,
  run: runNoise,
});

async function runNoise(options: FigureOptions): Promise<FigureResult | undefined> {
  const { scale } = options;
  const models = modelsOf(scale.models, "fc");
  const levels = scale.noiseKinds.flatMap((kind) => scale.noiseLevels.map((level) => ({ kind, level })));
  const plans = SETTINGS.flatMap((settings) =>
    models.flatMap((model): ClassifierPlan[] => [
      { group: `${model}-${settings}`, model, settings },
      ...levels.map((noise) => ({
        group: `${model}-${settings}-${noise.kind}${noise.level}`,
        model,
        settings,
        noise,
      })),
    ]),
  );
  const results = await trainClassifiers(plans, options);
  if (results === undefined) return undefined;
  const noiseOf = ({ group }: JobResult) => plans.find((plan) => plan.group === group)!.noise;
  const judged = (settings: string) => {
    // A model's score is the mean over all noises of a seed.
    const noisy = results.filter((r) => r.settings === settings && noiseOf(r) !== undefined);
    const seeds = [...new Set(noisy.map(({ seed }) => seed))];
    const scores = new Map(
      [...scoresOf(noisy).keys()].map((neuron) => [
        neuron,
        seeds.map((seed) =>
          mean(noisy.filter((r) => r.seed === seed && r.model === `${neuron}-fc`).map(accuracyOf)),
        ),
      ]),
    );
    return judge({ scores, margin: 1, show: (value) => value.toFixed(2), unit: "points" });
  };
  const panels = SETTINGS.flatMap((settings) =>
    scale.noiseKinds.map((kind) => ({
      title: `${settings}, ${kind === "fixed" ? "one fixed pattern" : "fresh for each image"}`,
      curves: models.map((model) => {
        const at = [0, ...scale.noiseLevels].map((level) =>
          results
            .filter((r) => {
              const noise = noiseOf(r);
              const here = noise === undefined ? level === 0 : noise.kind === kind && noise.level === level;
              return r.settings === settings && r.model === model && here;
            })
            .map(accuracyOf),
        );
        const estimates = at.map((scores, i) => meanOf(`${model}/${settings}/${kind}/${i}`, scores));
        const band = estimates.flatMap(({ ci95 }) => (ci95 === null ? [] : [ci95]));
        return {
          model: model.slice(0, -"-fc".length),
          x: [0, ...scale.noiseLevels],
          value: estimates.map(({ value }) => value),
          ...(band.length === estimates.length ? { band } : {}),
        };
      }),
    })),
  );
  return {
    picture: drawCurves(
      "Two-task classification under noise, fully connected networks",
      "test accuracy, mean of both tasks over seeds, 95 % bootstrap band; trained and tested under the noise",
      { x: "noise, standard deviation in units of a pixel (0-255)", y: "accuracy, %" },
      panels,
    ),
    rows: results.map((result) => {
      const noise = noiseOf(result);
      return {
        settings: result.settings,
        model: result.model,
        seed: result.seed,
        noise: noise?.kind ?? "none",
        level: noise?.level ?? 0,
        accuracyGarment: result.accuracy[0]!,
        accuracyDigit: result.accuracy[1]!,
        accuracyPercent: accuracyOf(result),
      };
    }),
    verdicts: { published: judged("published"), matched: judged("matched") },
    extent: `${classificationExtent(results, options)}; levels ${scale.noiseLevels.join(", ")}, ${scale.noiseKinds.join(" and ")}`,
    notes: [
      "The published noise is one fixed pattern added to every image, which a bias can absorb; noise drawn freshly for each image cannot be.",
    ],
  };
}
