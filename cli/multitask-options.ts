import { type Command, InvalidArgumentError } from "commander";
import { UsageError } from "../core/errors.ts";
import type { CorruptionConfig } from "../multitask/corruptions/index.ts";
import type { ClassificationRequest } from "../multitask/run-config.ts";
import { collectSettings, parseInteger, parseNumber } from "./options.ts";
import type { SharedOptions } from "./verb.ts";

/** Where the data set is looked for unless told otherwise, from the current folder. */
export const DEFAULT_DATA = "data/multitask";

/** The options that say what is trained. */
export interface ModelOptions extends SharedOptions {
  readonly settings?: "published" | "matched";
  readonly data?: string;
  readonly epochs?: number;
  readonly limit?: number;
  readonly tasks?: readonly string[];
  readonly taskWeights?: readonly number[];
  readonly noise?: number;
  readonly noiseKind?: string;
  readonly set?: Readonly<Record<string, unknown>>;
}

/** Adds them to an action. */
export function addModelOptions(command: Command): Command {
  return command
    .option(
      "--settings <kind>",
      "published: as the paper ran it; matched: all but the neuron shared",
      parseKind,
    )
    .option("--data <dir>", `folder of the data set (default: ${DEFAULT_DATA})`)
    .option("--epochs <n>", "passes over the training samples (default: the model's, 40)", parseInteger(1))
    .option("--limit <n>", "only the first n training samples", parseInteger(1))
    .option("--tasks <names>", "learn only these tasks, e.g. digit", parseNames)
    .option("--task-weights <list>", "weight of each task's loss, e.g. 1,0.5", parseNumbers)
    .option("--noise <level>", "corrupt training and test images by this much", parseNumber(0))
    .option("--noise-kind <kind>", "fixed (as published), fresh, occlusion, shift, contrast (default: fixed)")
    .option("--set <key=value>", "any of the network's settings, e.g. learningRate=0.001", collectSettings);
}

/** The request that the options amount to. */
export function requestOf(model: string, options: ModelOptions): ClassificationRequest {
  const { settings, data, epochs, limit, tasks, taskWeights, noise, noiseKind, set, seed } = options;
  if (noiseKind !== undefined && noise === undefined) {
    throw new UsageError(`--noise-kind ${noiseKind} says how, but not how much: add --noise LEVEL`);
  }
  const corruption: CorruptionConfig | undefined =
    noise === undefined ? undefined : { kind: noiseKind ?? "fixed", level: noise };
  return {
    model,
    data: data ?? DEFAULT_DATA,
    seed: seed ?? 0,
    ...(settings === undefined ? {} : { settings }),
    ...(limit === undefined ? {} : { limit }),
    ...(tasks === undefined ? {} : { tasks: [...tasks] }),
    ...(taskWeights === undefined ? {} : { taskWeights: [...taskWeights] }),
    ...(corruption === undefined ? {} : { noise: corruption }),
    network: { ...set, ...(epochs === undefined ? {} : { epochs }) },
  };
}

function parseKind(text: string): "published" | "matched" {
  if (text !== "published" && text !== "matched") {
    throw new InvalidArgumentError("Expected published or matched.");
  }
  return text;
}

export function parseNames(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.some((name) => name === ""))
    throw new InvalidArgumentError("Expected names, e.g. garment,digit.");
  return names;
}

export function parseNumbers(text: string): number[] {
  return text.split(",").map(parseNumber());
}
