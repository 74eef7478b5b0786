import { z } from "zod";
import { UsageError } from "../../core/errors.ts";

/** The neuron kinds whose information is measured, with the published thresholds and the rest of their catalogue. */
export const informationNeurons = {
  lif: { id: "lif", parameters: { decay: 0.2, threshold: 0.2 } },
  "4lif": { id: "lif", parameters: { decay: 0.2, threshold: 0.2 } },
  "s-lif2hh": { id: "s-lif2hh", parameters: { decay: 0.2, threshold: 0.8 } },
  "hh-published": { id: "hh-published", parameters: { dt: 0.01, rateMax: 0.01, threshold: 2.3 } },
  hh: { id: "hh", parameters: {} },
  ann: { id: "ann", parameters: {} },
} as const;

export type InformationNeuron = keyof typeof informationNeurons;

/** The neuron of a model's name, `lif` or `lif-fc`; throws a UsageError for one that is not measured. */
export function informationNeuronOf(model: string): InformationNeuron {
  const name = model.endsWith("-fc") ? model.slice(0, -3) : model;
  if (!Object.hasOwn(informationNeurons, name)) {
    throw new UsageError(
      `multitask information: ${model} is not measured (known: ${Object.keys(informationNeurons)
        .map((id) => `${id}-fc`)
        .join(", ")})`,
    );
  }
  return name as InformationNeuron;
}

export const informationSchema = z.strictObject({
  neuron: z.string().describe("neuron kind whose layer encodes the image"),
  /** `published`: no KL in the loss, H(Y) = log2 10; `corrected`: with it, and H(Y) = 2 log2 10. */
  form: z.enum(["published", "corrected"]).default("published").describe("as published, or as it should be"),
  seed: z.number().int().min(0).default(0).describe("the one seed everything random derives from"),
  data: z.string().describe("folder of the data set"),
  limit: z
    .number()
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe("the first so many training samples; null: all"),
  units: z
    .number()
    .int()
    .min(1)
    .default(512)
    .describe("neurons of the encoding layer (4lif: four times as many)"),
  code: z.number().int().min(1).default(256).describe("numbers K of the code"),
  beta: z.number().min(0).default(1e-3).describe("weight of the KL (nats) in the corrected form's loss"),
  ticks: z.number().int().min(1).default(15).describe("ticks the image is shown for"),
  pixelScale: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe(
      "factor on the pixels (0-255); null: 1 as published, 1/255 for hh, which the paper does not have",
    ),
  learningRate: z.number().positive().default(1e-4).describe("Adam's rate at the start; betas 0.5 and 0.999"),
  epochs: z.number().int().min(1).default(200).describe("passes over the training samples"),
  batchSize: z.number().int().min(1).default(128).describe("samples in an update"),
});

export type InformationConfig = z.output<typeof informationSchema>;
