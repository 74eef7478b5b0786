import { z } from "zod";
import { initialWeightsSchema } from "../../neurons/layers/initial-weights.ts";

const layerSchema = z.strictObject({
  name: z.string().min(1).describe("unique within the network"),
  kind: z
    .enum(["dense", "convolution", "recurrent"])
    .default("dense")
    .describe("a kind of the layer catalogue"),
  parameters: z.record(z.string(), z.unknown()).default({}).describe("of that kind of layer"),
  neuron: z
    .strictObject({
      id: z.string().describe("a neuron of the catalogue, or relu: an ordinary rectified unit without ticks"),
      parameters: z.record(z.string(), z.unknown()).default({}).describe("of that neuron"),
    })
    .describe("its neurons"),
  sharesConstantsOf: z
    .string()
    .optional()
    .describe("a layer before it whose trained constants it uses instead of its own"),
});

/** Adam's rate at the start, where a model has none of its own: the fully connected ones. */
export const LEARNING_RATE = 1e-4;

/** What a classifier is made of and how it is trained; saved beside every result. */
export const modelConfigSchema = z.strictObject({
  pixelScale: z
    .number()
    .positive()
    .default(1)
    .describe("factor on the pixels (0-255) before the first layer"),
  ticks: z.number().int().min(1).max(1000).default(15).describe("ticks the image is shown for"),
  layers: z.array(layerSchema).min(1).describe("spiking layers, from the image on"),
  embedding: z
    .number()
    .int()
    .min(1)
    .default(50)
    .describe("linear units between the features and the tasks' outputs"),
  initialHeads: initialWeightsSchema.prefault({ scheme: "fan-in" }),
  learningRate: z.number().positive().default(LEARNING_RATE).describe("Adam's rate at the start"),
  weightDecay: z.number().min(0).default(1e-5).describe("L2 penalty in Adam's gradient"),
  milestones: z
    .array(z.number().int().min(1))
    .default([10, 20, 30])
    .describe("epochs after which the rate is multiplied by 0.1"),
  epochs: z.number().int().min(1).default(40).describe("passes over the training samples"),
  batchSize: z.number().int().min(1).default(128).describe("samples in an update"),
  chunk: z
    .number()
    .int()
    .min(1)
    .default(128)
    .describe("samples worked on at once; an update sums its chunks' gradients, so this bounds the memory"),
});

export type ModelConfig = z.output<typeof modelConfigSchema>;
export type ModelConfigInput = z.input<typeof modelConfigSchema>;

/** `published`: as the paper's programs run it. `matched`: everything but the neuron shared by all models. */
export const settingsKinds = ["published", "matched"] as const;
export type SettingsKind = (typeof settingsKinds)[number];
