import { z } from "zod";
import { UsageError, unknownName } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import { corruptionSchema, corruptions } from "./corruptions/index.ts";
import { type ImageDataSet, limitSamples, selectTasks } from "./data/image-samples.ts";
import { models } from "./models/index.ts";
import { type ModelConfigInput, modelConfigSchema, settingsKinds } from "./models/model-config.ts";

const runConfigSchema = z.strictObject({
  model: z.string().describe("a model of the catalogue"),
  settings: z
    .enum(settingsKinds)
    .default("published")
    .describe("as the paper ran it, or shared by all models"),
  seed: z.number().int().min(0).default(0).describe("the one seed everything random derives from"),
  data: z.string().describe("folder of the data set"),
  tasks: z.array(z.string()).nullable().default(null).describe("tasks learnt, by name; null: all"),
  taskWeights: z
    .array(z.number().min(0))
    .nullable()
    .default(null)
    .describe("weight of each task's loss; null: one"),
  limit: z
    .number()
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe("the first so many training samples; null: all"),
  noise: corruptionSchema.nullable().default(null).describe("corruption of training and test images"),
  network: modelConfigSchema.describe("what the model is made of and how it is trained"),
});

/** Everything a classification run depends on, resolved; saved beside its results. */
export type ClassificationConfig = z.output<typeof runConfigSchema>;

/** What a caller says; the model and the settings fill in the rest. */
export type ClassificationRequest = Partial<Omit<z.input<typeof runConfigSchema>, "network">> & {
  readonly model: string;
  readonly data: string;
  /** Changes to the model's own network and training settings. */
  readonly network?: Partial<ModelConfigInput>;
};

/** The whole configuration of a request; throws a UsageError naming the nearest id or key. */
export function resolveConfig({ network, ...request }: ClassificationRequest): ClassificationConfig {
  const definition = models.get(request.model);
  const where = `multitask ${request.model}`;
  const base = definition.config(request.settings ?? "published");
  const config = parse(runConfigSchema, { ...request, network: { ...base, ...network } }, where);
  if (config.noise !== null) corruptions.get(config.noise.kind);
  return config;
}

/** A saved configuration; it is hostile until parsed. */
export function parseConfig(value: unknown, where: string): ClassificationConfig {
  return parse(runConfigSchema, value, where);
}

/** The samples and task weights a configuration asks for. */
export function applyConfig(
  data: ImageDataSet,
  { tasks, taskWeights, limit }: Pick<ClassificationConfig, "tasks" | "taskWeights" | "limit">,
): ImageDataSet & { weights: number[] } {
  const names = data.train.tasks.map(({ name }) => name);
  const wanted = (tasks ?? names).map((name) => {
    const task = names.indexOf(name);
    if (task < 0) throw unknownName("task", name, names);
    return task;
  });
  if (wanted.length === 0) throw new UsageError(`no tasks, expected at least one of ${names.join(", ")}`);
  const weights = taskWeights ?? wanted.map(() => 1);
  if (weights.length !== wanted.length) {
    throw new UsageError(`${weights.length} task weights for ${wanted.length} tasks, expected one each`);
  }
  const train = selectTasks(data.train, wanted);
  return {
    name: data.name,
    train: limit === null ? train : limitSamples(train, limit),
    test: selectTasks(data.test, wanted),
    weights,
  };
}
