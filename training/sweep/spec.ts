import { readFile } from "node:fs/promises";
import { parse as parseYaml, YAMLParseError } from "yaml";
import { z } from "zod";
import { UsageError } from "../../core/errors.ts";
import { parse } from "../../core/parse.ts";
import { describeFileFailure } from "../atomic-file.ts";
import { mapSchema } from "../measures/stability-map.ts";
import { designs } from "./designs/index.ts";

const range = z.strictObject({
  from: z.number().describe("least value"),
  to: z.number().describe("largest value"),
  scale: z
    .enum(["linear", "log"])
    .default("linear")
    .describe("what is spread evenly: the value or its logarithm"),
  integer: z.boolean().default(false).describe("whole numbers only"),
  steps: z.number().int().min(2).optional().describe("values of a grid, both ends among them"),
});

/** The values of an axis: a list, or a range. */
const values = z.union([z.array(z.json()).min(1), range]);

const perturbationValues = z.union([
  z.array(z.number().min(0).max(5)).min(1).describe("severities"),
  z
    .looseObject({
      severity: z.array(z.number().min(0).max(5)).min(1).optional(),
      level: z.array(z.number()).min(1).optional(),
    })
    .describe("severities or levels, and the perturbation's own options"),
]);

const seedList = z.union([
  z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .transform((n) => Array.from({ length: n }, (_, i) => i)),
  z.array(z.number().int().min(0)).min(1),
]);

export const sweepSchema = z.strictObject({
  name: z.string().min(1).max(100).describe("what it is called in reports"),
  design: z
    .enum(designs.ids as [string, ...string[]])
    .default("grid")
    .describe("how the axes are put together"),
  samples: z.number().int().min(1).optional().describe("points of a random or Latin-hypercube design"),
  seed: z.number().int().min(0).default(0).describe("of the design itself"),
  seeds: seedList
    .default([0])
    .describe("training seeds; without training, repetitions of each evaluation from other starts"),
  train: z
    .strictObject({
      preset: z.string().describe("where each training trial starts from"),
      set: z.record(z.string(), z.json()).default({}).describe("settings by their paths, for all trials"),
    })
    .optional()
    .describe("what is trained"),
  policies: z
    .union([z.string().transform((path) => [path]), z.array(z.string()).min(1)])
    .optional()
    .describe("run folders or checkpoints to evaluate, instead of training"),
  evaluate: z
    .strictObject({
      episodes: z.number().int().min(1).default(10).describe("episodes of a trial"),
      seed: z
        .number()
        .int()
        .min(0)
        .default(1_000_000)
        .describe("start of the first; each further one's is one more"),
      engine: z.string().optional().describe("physics engine instead of the policy's"),
      perturb: z
        .record(z.string(), perturbationValues)
        .default({})
        .describe("perturbations tried one after another, not in all combinations"),
      map: mapSchema
        .nullable()
        .default(null)
        .describe("also a map of the starts from which each policy keeps upright; {} for the usual one"),
    })
    .optional()
    .describe("how policies are evaluated"),
  axes: z
    .record(z.string(), values)
    .default({})
    .describe("what is varied: setting paths of the run, evaluate.engine, perturb.<id>"),
  retries: z.number().int().min(0).max(100).default(2).describe("times a failed trial is tried again"),
});

export type SweepSpec = z.output<typeof sweepSchema>;
export type AxisValues = z.output<typeof values>;

/**
 * Reads a sweep from a YAML file.
 *
 * @throws UsageError for a file that is none, an unknown key (with the nearest), an impossible value
 */
export async function readSweepSpec(path: string): Promise<SweepSpec> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw describeFileFailure("read", path, error);
  }
  let input: unknown;
  try {
    input = parseYaml(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new UsageError(`${path}: ${error.message.split("\n")[0]} expected YAML`);
  }
  return parseSweepSpec(input, path);
}

/** The same of what YAML or JSON gave. */
export function parseSweepSpec(input: unknown, where: string): SweepSpec {
  const spec = parse(sweepSchema, input, where);
  if ((spec.train === undefined) === (spec.policies === undefined)) {
    throw new UsageError(
      `${where}: it has ${spec.train === undefined ? 'neither "train" nor' : 'both "train" and'} "policies", expected one of them`,
    );
  }
  if (spec.train === undefined && spec.evaluate === undefined) {
    throw new UsageError(`${where}: it has policies and no "evaluate", expected what to do with them`);
  }
  return spec;
}
