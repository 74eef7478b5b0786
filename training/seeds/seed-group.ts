import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { FileError, UsageError } from "../../core/errors.ts";
import { parse } from "../../core/parse.ts";
import { describeFileFailure, writeFileAtomically } from "../atomic-file.ts";
import { parseRunConfig, type RunConfig } from "../config.ts";
import type { TrainJob } from "../processes/train-all.ts";

const FILE = "seeds.json";

const groupSchema = z.strictObject({
  seeds: z.array(z.number().int().min(0)).min(1),
  config: z.unknown(),
});

/**
 * One configuration trained from several seeds:
 *
 *   seeds.json      the seeds and the configuration (its own seed is the first)
 *   seed-0/, ...    one run each
 */
export interface SeedGroup {
  readonly path: string;
  readonly config: RunConfig;
  readonly seeds: readonly number[];
}

/** A new group. Throws a UsageError where a group or a run is already. */
export async function createSeedGroup(
  path: string,
  config: RunConfig,
  seeds: readonly number[],
): Promise<SeedGroup> {
  for (const file of [FILE, "config.json"]) {
    if (existsSync(join(path, file))) {
      throw new UsageError(
        `${path} already holds runs; go on with --resume ${path}, or choose another --out`,
      );
    }
  }
  await writeFileAtomically(join(path, FILE), `${JSON.stringify({ seeds, config }, null, 2)}\n`);
  return { path, config, seeds };
}

/** Whether a folder holds a group, not a single run. */
export function isSeedGroup(path: string): boolean {
  return existsSync(join(path, FILE));
}

/** Reads a group; its file is hostile until parsed. */
export async function readSeedGroup(path: string): Promise<SeedGroup> {
  const file = join(path, FILE);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw describeFileFailure("read", file, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FileError(`${file} is cut off or no JSON; expected the seeds that spikegym wrote`);
  }
  const { seeds, config } = parse(groupSchema, value, file);
  return { path, seeds, config: parseRunConfig(config, file) };
}

/** The runs of a group, in the order of its seeds. */
export function seedJobs({ path, config, seeds }: SeedGroup): TrainJob[] {
  return seeds.map((seed) => ({
    name: `seed ${seed}`,
    config: parseRunConfig({ ...config, seed }),
    out: join(path, `seed-${seed}`),
  }));
}
