import { z } from "zod";
import { parseAlgorithm } from "../agents/index.ts";
import { scheduleSchema } from "../agents/schedule.ts";
import { unknownName } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import { initialisations } from "../neurons/spiking-layer.ts";

/** A component of the catalogues by id, with its parameters; they are checked by its own schema when it is made. */
const component = (id: z.ZodType<string>) =>
  z.strictObject({
    id,
    parameters: z.record(z.string(), z.unknown()).default({}).describe("its parameters"),
  });

const count = z.number().int().min(1);

/** Everything a run depends on. Parsed once, frozen, and saved beside the results. */
export const runConfigSchema = z.strictObject({
  preset: z.string().describe("the preset it started from"),
  seed: z.number().int().min(0).describe("makes everything random in the run"),
  simd: z
    .enum(["auto", "strict", "relaxed"])
    .default("auto")
    .describe(
      "rounding of matrix products: strict is the same on all machines, relaxed faster; auto: relaxed where there is",
    ),
  environment: z.strictObject({
    id: z.string().describe("environment to learn"),
    engine: z.string().default("matter").describe("physics engine"),
    parameters: z.record(z.string(), z.unknown()).default({}).describe("its other parameters"),
  }),
  algorithm: z.strictObject({
    id: z.string().describe("learning algorithm"),
    parameters: z
      .record(z.string(), z.unknown())
      .default({})
      .describe("its settings; its own schema checks them and fills in its defaults"),
  }),
  policy: z.strictObject({
    neuron: component(z.string().describe("neuron model of the population")),
    encoder: component(z.string().describe("how observations become input currents")),
    population: count.max(65_536).default(128).describe("spiking neurons"),
    hidden: z
      .array(count.max(65_536))
      .default([128, 128])
      .describe("hidden ReLU units of each head, layer by layer"),
    initialisation: z
      .enum(initialisations)
      .default("xavier")
      .describe(
        "the population's first weights: Xavier's, or scaled so that inputs of variance 1 make every model fire neither rarely nor always",
      ),
    layers: z
      .array(
        z.strictObject({
          name: z.string().describe("its own"),
          kind: z.string().default("dense").describe("kind of layer: dense, recurrent, convolution"),
          parameters: z.record(z.string(), z.unknown()).default({}).describe("its parameters, e.g. units"),
          neuron: component(z.string().describe("its neuron model")),
        }),
      )
      .default([])
      .describe("spiking layers between the encoder and the population, the first first"),
    state: z
      .enum(["reset", "episode"])
      .default("reset")
      .describe(
        "reset: the neurons are at rest at the start of every decision (published); episode: they go on from decision to decision, and learning follows them back through time",
      ),
    time: z
      .enum(["ticks", "real"])
      .default("ticks")
      .describe(
        "ticks: a decision lasts as many ticks as the encoder says; real: as many as make the environment's step in the neurons' own time",
      ),
    averaging: z
      .number()
      .gt(0)
      .max(1)
      .default(1)
      .describe(
        "share by which an averaged policy follows the trained one at each update; the average is what is evaluated and kept. 1: they are one",
      ),
    surrogateScale: scheduleSchema
      .default(1)
      .describe("factor on the width of the neurons' surrogate gradient, or its schedule (wide to narrow)"),
    critic: z
      .strictObject({
        neuron: component(z.string().describe("neuron model of the critics' populations")),
        encoder: component(z.string().describe("how critics see the observations")),
        population: count.max(65_536).default(128).describe("spiking neurons in each critic"),
      })
      .nullable()
      .default(null)
      .describe(
        "spiking neurons in the critics too; null: ReLU networks on the newest observation (published)",
      ),
    normaliseObservations: z
      .boolean()
      .default(false)
      .describe(
        "policy and critics see observations of mean 0 and variance 1, by running statistics of training that are kept with the policy",
      ),
  }),
  training: z.strictObject({
    steps: count.default(30_000).describe("environment steps at most"),
    environments: count
      .max(1024)
      .default(1)
      .describe("environments that are stepped in turns and decide together"),
    environmentParameters: z
      .record(z.string(), z.unknown())
      .default({})
      .describe(
        "parameters of the training environment where they differ from the evaluated one's, e.g. wider starts",
      ),
    reward: z
      .enum(["native", "published", "corrected"])
      .default("native")
      .describe(
        "what is learnt from: the environment's own reward; the shaped one of the paper's programs as they ran, with the slip of the single pendulum; or that one corrected. Evaluations and logged returns are always native",
      ),
    rewardNoise: z
      .number()
      .min(0)
      .default(0)
      .describe(
        "standard deviation of noise on the state that a published or corrected reward is worked out from; the published runs: 0.1",
      ),
    perturbations: z
      .array(z.record(z.string(), z.unknown()))
      .default([])
      .describe(
        'what is done to sensors, actuators, bodies and the told reward in training, e.g. {"axis": "sensor-noise", "level": 0.002}',
      ),
    episodeSteps: count
      .nullable()
      .default(null)
      .describe(
        "training episodes are truncated after this many steps, so that starts stay common; null: the environment's limit. Evaluations always run to the environment's limit",
      ),
    evaluateEvery: count.default(1_000).describe("steps between evaluations"),
    evaluationEpisodes: count.default(20).describe("episodes of an evaluation"),
    checkpointEvery: count.default(5_000).describe("steps between checkpoints"),
    stopWhenSolved: z.boolean().default(false).describe("end once solved and confirmed"),
    confirmationEpisodes: count
      .default(500)
      .describe(
        "episodes from other starts that must all reach solvedReturn before stopWhenSolved ends the run",
      ),
    solvedReturn: z
      .number()
      .nullable()
      .default(null)
      .describe("mean return that counts as solved; null: the environment's"),
  }),
});

export type RunConfig = z.output<typeof runConfigSchema>;
export type RunConfigInput = z.input<typeof runConfigSchema>;

/** Parses and freezes; throws a UsageError naming the nearest key. */
export function parseRunConfig(input: unknown, where = "configuration"): RunConfig {
  const config = parse(runConfigSchema, input, where);
  const { id, parameters } = config.algorithm;
  const settings = parseAlgorithm(id, parameters, where, "algorithm.parameters");
  return deepFreeze({ ...config, algorithm: { id, parameters: settings } });
}

/**
 * Applies settings by their paths, e.g. `{ "training.steps": 10000 }`.
 *
 * @throws UsageError when a path leads into something that is not there
 */
export function applySettings(
  input: RunConfigInput,
  settings: Readonly<Record<string, unknown>>,
): RunConfigInput {
  const result = structuredClone(input) as unknown as Record<string, unknown>;
  for (const [path, value] of Object.entries(settings)) {
    const keys = path.split(".");
    let at = result;
    for (const key of keys.slice(0, -1)) {
      // Own keys only: "__proto__" is no setting.
      const next = Object.hasOwn(at, key) ? at[key] : undefined;
      if (typeof next !== "object" || next === null || Array.isArray(next)) {
        throw unknownName(`key in "${path}"`, key, Object.keys(at));
      }
      at = next as Record<string, unknown>;
    }
    at[keys.at(-1)!] = value;
  }
  return result as unknown as RunConfigInput;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
