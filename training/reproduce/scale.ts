import { z } from "zod";
import { parse } from "../../core/parse.ts";

const count = z.number().int().min(1);

/** How much of every figure is run. */
export const scaleSchema = z.strictObject({
  models: z.array(z.string()).min(1).describe("neurons that are compared"),
  engine: z.string().describe("physics engine of the control tasks"),
  steps: z.strictObject({ single: count, double: count }).describe("environment steps of a training"),
  evaluateEvery: count.describe("steps between evaluations"),
  evaluationEpisodes: count.describe("episodes of an evaluation"),
  slowSeeds: count.describe("seeds at most of 4lif and hh, which take many times as long a step"),
  samples: count.nullable().describe("training images of the fully connected classifiers; null: all"),
  epochs: count.describe("their passes over them"),
  convSamples: count.nullable().describe("training images of the convolutional classifiers; null: all"),
  convEpochs: count.describe("their passes"),
  convSeeds: count.describe("seeds at most of those"),
  testSamples: count.nullable().describe("test images of the fully connected classifiers; null: all"),
  convTestSamples: count.nullable().describe("test images of the convolutional ones; null: all"),
  informationEpochs: count.describe("passes of the information bottlenecks"),
  noiseKinds: z
    .array(z.enum(["fixed", "fresh"]))
    .min(1)
    .describe("kinds of image noise trained under"),
  noiseLevels: z.array(z.number().positive()).min(1).describe("and its levels, of 0 to 255"),
  severities: z
    .array(z.number().min(0).max(5))
    .min(1)
    .describe("of the sensor noise policies are tested under"),
  trainNoise: z.boolean().describe("also train policies under the published noises"),
  robustnessEpisodes: count.describe("episodes of a test of a policy"),
  complexityTask: z.enum(["single", "double"]).describe("control task of the complexity figure"),
  widths: z.array(count).min(2).describe("widths of its leaky neurons"),
  complexityNeurons: z.array(z.string()).describe("its other neurons, at width 128 (images: 512)"),
  timingRounds: count.describe("rounds of its interleaved timing"),
});

export type Scale = z.output<typeof scaleSchema>;

const PAPER_MODELS = ["lif", "4lif", "s-lif2hh", "hh-published"];

/** `quick`: every figure, in 20 minutes on two cores, to see that the machinery works; `full`: to know. */
export const scales = {
  quick: {
    models: PAPER_MODELS,
    engine: "lagrangian",
    steps: { single: 1500, double: 1500 },
    evaluateEvery: 500,
    evaluationEpisodes: 5,
    slowSeeds: 1,
    samples: 2048,
    epochs: 2,
    convSamples: 384,
    convEpochs: 2,
    convSeeds: 1,
    testSamples: 1024,
    convTestSamples: 256,
    informationEpochs: 2,
    noiseKinds: ["fixed"],
    noiseLevels: [50],
    severities: [0, 2, 4],
    trainNoise: false,
    robustnessEpisodes: 5,
    complexityTask: "single",
    widths: [32, 64, 128, 256, 512],
    complexityNeurons: ["ann", "alif", "izhikevich", "s-lif2hh", "hh-published", "hh"],
    timingRounds: 3,
  },
  full: {
    models: [...PAPER_MODELS, "hh", "ann"],
    engine: "mujoco",
    steps: { single: 101_100, double: 301_100 },
    evaluateEvery: 2000,
    evaluationEpisodes: 20,
    slowSeeds: 100,
    samples: null,
    epochs: 40,
    convSamples: null,
    convEpochs: 40,
    convSeeds: 3,
    testSamples: null,
    convTestSamples: null,
    informationEpochs: 200,
    noiseKinds: ["fixed", "fresh"],
    noiseLevels: [25, 50, 75],
    severities: [0, 1, 2, 3, 4, 5],
    trainNoise: true,
    robustnessEpisodes: 20,
    complexityTask: "double",
    widths: [32, 64, 128, 256, 512],
    complexityNeurons: ["ann", "alif", "izhikevich", "s-lif2hh", "hh-published", "hh"],
    timingRounds: 15,
  },
} as const satisfies Record<string, z.input<typeof scaleSchema>>;

export type ScaleName = keyof typeof scales;

/**
 * A scale with changes by their paths, e.g. `{ "epochs": 5, "steps.double": 10000 }`.
 *
 * @throws UsageError for an unknown key, with the nearest
 */
export function readScale(name: ScaleName, changes: Readonly<Record<string, unknown>>): Scale {
  const scale = structuredClone(scales[name]) as Record<string, unknown>;
  for (const [path, value] of Object.entries(changes)) {
    const [key, inner] = path.split(".") as [string, string | undefined];
    const before = Object.hasOwn(scale, key) ? scale[key] : undefined;
    scale[key] = inner === undefined ? value : { ...(before as object | undefined), [inner]: value };
  }
  return parse(scaleSchema, scale, `reproduce --scale ${name}`);
}
