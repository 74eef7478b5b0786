import { z } from "zod";
import { models } from "../models/index.ts";
import { LEARNING_RATE } from "../models/model-config.ts";
import type { ClassificationRequest } from "../run-config.ts";
import { hasOneSetting } from "./groups.ts";

/** What a study goes through. */
export const studySchema = z.strictObject({
  data: z.string().describe("folder of the data set"),
  models: z.array(z.string()).min(1).describe("models, by id"),
  settings: z
    .array(z.enum(["published", "matched"]))
    .min(1)
    .default(["published", "matched"])
    .describe("settings of each"),
  seeds: z.number().int().min(1).default(3).describe("seeds 0 to n - 1 of the fully connected models"),
  convSeeds: z.number().int().min(1).default(1).describe("seeds of the convolutional models"),
  epochs: z.number().int().min(1).nullable().default(null).describe("instead of the models' own 40"),
  convEpochs: z.number().int().min(1).nullable().default(null).describe("the same for convolutional models"),
  limit: z.number().int().min(1).nullable().default(null).describe("the first so many training samples"),
  informationEpochs: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe("passes of the information bottlenecks after the trainings; 0: none"),
  scale: z
    .enum(["subset", "full"])
    .nullable()
    .default(null)
    .describe("what the data folder has to hold; null: whatever it holds"),
});

export type StudyConfig = z.output<typeof studySchema>;

/** One training of a study. */
export interface StudyJob {
  /** Its folder's name. */
  readonly id: string;
  /** Jobs of one group differ in the seed alone. */
  readonly group: string;
  readonly section: "models" | "rates" | "channels" | "noise" | "single" | "figure";
  readonly request: ClassificationRequest;
}

/** The noise levels a model is trained with, as published. */
const NOISE_LEVELS = [25, 50, 75];
const NOISE_MODELS = ["lif-fc", "hh-published-fc"];

/**
 * A second learning rate of the fully connected models under `matched`, ten times theirs: at one rate alone, how fast a neuron
 * learns would pass for what it can do.
 */
export const SECOND_RATE = 10 * LEARNING_RATE;

/** Every training, the most telling first, so that a study stopped early has said most. */
export function planStudy(config: StudyConfig): StudyJob[] {
  for (const id of config.models) models.get(id);
  const isConv = (model: string) => !model.endsWith("-fc");
  const epochsOf = (model: string) => (isConv(model) ? config.convEpochs : config.epochs);
  const base = (model: string, seed: number): ClassificationRequest => {
    const epochs = epochsOf(model);
    return {
      model,
      seed,
      data: config.data,
      limit: config.limit,
      ...(epochs === null ? {} : { network: { epochs } }),
    };
  };
  const job = (
    section: StudyJob["section"],
    group: string,
    seed: number,
    request: ClassificationRequest,
  ): StudyJob => ({ id: `${group}-seed${seed}`, group, section, request });

  const jobs: StudyJob[] = [];
  const seeds = Math.max(config.seeds, config.convSeeds);
  for (let seed = 0; seed < seeds; seed++) {
    for (const settings of config.settings) {
      for (const model of config.models) {
        if (seed >= (isConv(model) ? config.convSeeds : config.seeds)) continue;
        // Where the settings do not differ, the first of them says what both would.
        if (settings !== config.settings[0] && hasOneSetting(model)) continue;
        jobs.push(job("models", `${model}-${settings}`, seed, { ...base(model, seed), settings }));
      }
    }
    if (config.settings.includes("matched")) {
      for (const model of config.models.filter((id) => !isConv(id) && seed < config.seeds)) {
        const request = base(model, seed);
        jobs.push(
          job("rates", `${model}-matched-rate${SECOND_RATE}`, seed, {
            ...request,
            settings: "matched",
            network: { ...request.network, learningRate: SECOND_RATE },
          }),
        );
      }
    }
    if (seed > 0) continue;
    if (config.models.includes("hh-published-fc")) {
      // The same integrator with its channels taken out.
      const request = base("hh-published-fc", seed);
      const layers = models
        .get("hh-published-fc")
        .config("published")
        .layers.map((layer) => ({
          ...layer,
          neuron: { ...layer.neuron, parameters: { ...layer.neuron.parameters, gNa: 0, gK: 0 } },
        }));
      jobs.push(
        job("channels", "hh-published-fc-without-channels", seed, {
          ...request,
          network: { ...request.network, layers },
        }),
      );
    }
    for (const model of NOISE_MODELS.filter((id) => config.models.includes(id))) {
      for (const kind of ["fixed", "fresh"]) {
        for (const level of NOISE_LEVELS) {
          jobs.push(
            job("noise", `${model}-${kind}${level}`, seed, { ...base(model, seed), noise: { kind, level } }),
          );
        }
      }
      for (const task of ["garment", "digit"]) {
        jobs.push(job("single", `${model}-${task}-alone`, seed, { ...base(model, seed), tasks: [task] }));
      }
    }
  }
  return jobs;
}
