import { z } from "zod";
import type { LearnerSnapshot } from "../agents/algorithm.ts";
import { FileError } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import { parseRunConfig, type RunConfig } from "./config.ts";
import { parseExactly, stringifyExactly } from "./exact-json.ts";
import { decodeSafetensors, encodeSafetensors, readSafetensorsMetadata } from "./safetensors.ts";

/*
 * A policy in one file: the learner's arrays as safetensors, and, in the file's metadata, the configuration that says
 * what network they belong to. It can be sent, dropped onto the viewer and given to `spikegym eval`; nothing here needs
 * a file system, so a browser writes and reads the same.
 */

/** The metadata's key. */
const KEY = "spikegym.policy";

const documentSchema = z.strictObject({
  version: z.literal(1, "expected 1; it is of another version of spikegym"),
  config: z.unknown(),
  state: z.record(z.string(), z.unknown()),
  facts: z.record(z.string(), z.union([z.string(), z.number()])),
});

export interface PolicyFile {
  readonly config: RunConfig;
  /** What only going on with training needs (optimisers, targets) may be left out. */
  readonly learner: LearnerSnapshot;
  /** What is known of it, e.g. `{ steps: 12000, evaluationReturn: 9350 }`. */
  readonly facts: Readonly<Record<string, string | number>>;
}

/** The file as pieces to be written one after another. */
export function encodePolicy({ config, learner, facts }: PolicyFile): Uint8Array[] {
  const document = { version: 1, config, state: learner.state, facts };
  return encodeSafetensors(learner.arrays, { [KEY]: stringifyExactly(document) });
}

/**
 * Reads a policy file as hostile input.
 *
 * @param name how errors call the file
 * @throws FileError when it is cut off, damaged, or safetensors of something else; UsageError for an impossible
 *   configuration
 */
export function decodePolicy(bytes: Uint8Array, name: string): PolicyFile {
  const text = readSafetensorsMetadata(bytes, name)[KEY];
  if (text === undefined) {
    throw new FileError(
      `${name} holds arrays, but does not say of which network; expected a policy that spikegym wrote`,
    );
  }
  let value: unknown;
  try {
    value = parseExactly(text);
  } catch {
    throw new FileError(`${name}: its description is no JSON`);
  }
  const { config, state, facts } = parse(documentSchema, value, name);
  const arrays: Record<string, LearnerSnapshot["arrays"][string]> = {};
  for (const [array, { shape, values }] of Object.entries(decodeSafetensors(bytes, name))) {
    if (!(values instanceof Float32Array)) throw new FileError(`${name}: "${array}" is not of 32-bit floats`);
    arrays[array] = { shape, values };
  }
  return { config: parseRunConfig(config, name), learner: { arrays, state }, facts };
}

/** The same learner without what only going on with training needs. */
export function withoutTraining({ arrays, state }: LearnerSnapshot): LearnerSnapshot {
  const kept = Object.entries(arrays).filter(([name]) => !/^adam\/|target/.test(name));
  return { arrays: Object.fromEntries(kept), state };
}

/** A learner from a file that may lack arrays: those of `fresh` stand in for them. */
export function completed({ arrays, state }: LearnerSnapshot, fresh: LearnerSnapshot): LearnerSnapshot {
  return { arrays: { ...fresh.arrays, ...arrays }, state };
}
