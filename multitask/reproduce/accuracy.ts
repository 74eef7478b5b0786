import {
  defineFigure,
  type FigureOptions,
  type FigureResult,
  PAPER,
} from "../../training/reproduce/figure.ts";
import { drawScores } from "../../training/reproduce/score-chart.ts";
import { judge } from "../../training/reproduce/verdict.ts";
import {
  accuracyOf,
  classificationExtent,
  modelsOf,
  SETTINGS,
  scoresOf,
  trainClassifiers,
} from "./classification-runs.ts";

/** Percentage points by which "as good" may be worse. */
const MARGIN = 1;

export const figure4c = accuracyFigure("4c", "fc", "fully connected");
export const figure4d = accuracyFigure("4d", "conv", "convolutional");

function accuracyFigure<Id extends string>(id: Id, body: "fc" | "conv", name: string) {
  return defineFigure({
    id,
    title: `Two-task classification, ${name} networks`,
    summary: `test accuracies of ${name} classifiers on two labels at once`,
    references: PAPER,
    claim:
      "HH and s-LIF2HH networks classify better than LIF networks of the same width and as well as LIF networks of four times the width.",
    needsData: true,
    run: (options) => runAccuracy(body, name, options),
  });
}

async function runAccuracy(
  body: "fc" | "conv",
  name: string,
  options: FigureOptions,
): Promise<FigureResult | undefined> {
  const models = modelsOf(options.scale.models, body);
  const plans = SETTINGS.flatMap((settings) =>
    models.map((model) => ({ group: `${model}-${settings}`, model, settings })),
  );
  const results = await trainClassifiers(plans, options);
  if (results === undefined) return undefined;
  const of = (settings: string) => scoresOf(results.filter((result) => result.settings === settings));
  const judged = (settings: string) =>
    judge({ scores: of(settings), margin: MARGIN, show: (value) => value.toFixed(2), unit: "points" });
  return {
    picture: drawScores(
      `Two-task classification, ${name} networks`,
      "test accuracy after the last epoch, mean of both tasks; dots: seeds, bars: 95 % bootstrap interval of the mean",
      "accuracy, %",
      SETTINGS.map((settings) => ({ title: settings, scores: of(settings) })),
    ),
    rows: results.map((result) => ({
      settings: result.settings,
      model: result.model,
      seed: result.seed,
      parameters: result.parameters,
      accuracyGarment: result.accuracy[0]!,
      accuracyDigit: result.accuracy[1]!,
      accuracyPercent: accuracyOf(result),
      spikesPerImage: result.activity.reduce((sum, { spikesPerImage }) => sum + spikesPerImage, 0),
      secondsPerEpoch: result.secondsPerEpoch,
    })),
    verdicts: { published: judged("published"), matched: judged("matched") },
    extent: classificationExtent(results, options),
    notes: [
      `As good is no worse by more than ${MARGIN} percentage point.`,
      "In matched settings an input of one moves every membrane by one a tick, hh-published's too, whose time step is 0.01: see the decision on matched settings.",
    ],
  };
}
