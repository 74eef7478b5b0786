import { join } from "node:path";
import {
  defineFigure,
  type FigureOptions,
  type FigureResult,
  PAPER,
} from "../../training/reproduce/figure.ts";
import { drawScores } from "../../training/reproduce/score-chart.ts";
import { judge } from "../../training/reproduce/verdict.ts";
import { type InformationResult, measureInformation } from "../information/measure.ts";
import { informationNeurons, informationSchema } from "../information/settings.ts";
import { folderOf, loadTest, tenths } from "./classification-runs.ts";

const FORMS = { published: "published", matched: "corrected" } as const;
/** Bits by which "as good" may be worse. */
const MARGIN = 0.1;

/** What the neurons' code keeps of image and labels. */
export const figure5d = defineFigure({
  id: "5d",
  title: "Mutual information: variational information bottleneck",
  summary: "bounds of the information a layer's code has on image and labels",
  references: PAPER,
  claim:
    "Codes of HH and s-LIF2HH layers hold more information on the labels than those of LIF layers of the same width, and as much as those of LIF layers of four times the width.",
  needsData: true,
  run: runInformation,
});

async function runInformation(options: FigureOptions): Promise<FigureResult | undefined> {
  const { scale, seeds, signal } = options;
  const folder = folderOf(options);
  const data = await loadTest(folder, scale.testSamples);
  const neurons = scale.models.filter((id) => Object.hasOwn(informationNeurons, id));
  const jobs = Array.from({ length: seeds }, (_, seed) =>
    (["published", "matched"] as const).flatMap((settings) =>
      neurons.map((neuron) => ({ seed, settings, neuron })),
    ),
  ).flat();
  const results: (InformationResult & { readonly settings: "published" | "matched" })[] = [];
  for (const [number, { seed, settings, neuron }] of jobs.entries()) {
    const config = informationSchema.parse({
      neuron,
      form: FORMS[settings],
      seed,
      data: folder,
      limit: scale.samples,
      epochs: scale.informationEpochs,
    });
    const name = `${neuron}-${FORMS[settings]}-seed${seed}`;
    const result = await measureInformation(config, data, {
      out: join(options.work, "information", name),
      signal,
      onProgress: (_, done, total) =>
        options.onProgress({
          done: tenths(number + done / total),
          total: jobs.length,
          unit: "trainings",
          fields: { training: name },
        }),
    });
    if (!result.complete) return undefined;
    results.push({ ...result, settings });
  }
  const of = (settings: string, what: "izyBits" | "izxBits") =>
    new Map(
      neurons.map((neuron) => [
        neuron,
        results.filter((r) => r.settings === settings && r.neuron === neuron).map((r) => r[what]),
      ]),
    );
  const judged = (settings: string) =>
    judge({
      scores: of(settings, "izyBits"),
      margin: MARGIN,
      show: (value) => value.toFixed(2),
      unit: "bits",
    });
  const train = scale.samples === null ? data.train.count : Math.min(scale.samples, data.train.count);
  return {
    picture: drawScores(
      "Information of a layer's code on the labels and the image",
      "bounds on test images after the last epoch; dots: seeds, bars: 95 % bootstrap interval of the mean",
      "bits",
      (["izyBits", "izxBits"] as const).flatMap((what) =>
        (["published", "matched"] as const).map((settings) => ({
          title: `${what === "izyBits" ? "I(Z;Y) ≥" : "I(X;Z) ≤"}, ${FORMS[settings]}`,
          scores: of(settings, what),
        })),
      ),
    ),
    rows: results.map((r) => ({
      settings: r.settings,
      form: r.form,
      neuron: r.neuron,
      seed: r.seed,
      izyBits: r.izyBits,
      izxBits: r.izxBits,
      parameters: r.parameters,
      accuracyGarment: r.epochs.at(-1)!.accuracy[0]!,
      accuracyDigit: r.epochs.at(-1)!.accuracy[1]!,
    })),
    verdicts: { published: judged("published"), matched: judged("matched") },
    extent: `${train.toLocaleString("en")} training and ${data.test.count.toLocaleString("en")} test images (${data.name}), ${scale.informationEpochs} epochs, ${seeds} seed${seeds === 1 ? "" : "s"}`,
    notes: [
      "The paper has no settings shared by all neurons here; in their place stands the corrected form: the code's KL in the loss (the published runs never had it), and H(Y) = 2 log2 10 instead of log2 10.",
      `Judged by I(Z;Y); as good is no worse by more than ${MARGIN} bit.`,
      "A lower bound below 0 says that the code's classifier is worse than guessing by the entropy it is credited with.",
    ],
  };
}
