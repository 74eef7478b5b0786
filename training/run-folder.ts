import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Agent, LearnerSnapshot } from "../agents/algorithm.ts";
import { FileError, UsageError } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import type { SimdLevel } from "../kernels/host.ts";
import { describeFileFailure, writeFileAtomically } from "./atomic-file.ts";
import { type Checkpoint, type RestoredCheckpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { parseRunConfig, type RunConfig } from "./config.ts";
import { MetricsLog } from "./metrics-log.ts";
import { packageCommit, packageVersion } from "./package-root.ts";
import type { NamedArrays } from "./safetensors.ts";
import { EventFile } from "./tensorboard.ts";

const configFileSchema = z.strictObject({
  config: z.unknown(),
  simd: z.enum(["strict", "relaxed"]),
  versions: z.record(z.string(), z.string()),
});

/** What `config.json` says: the resolved configuration and what ran it. */
export interface RunRecord {
  readonly config: RunConfig;
  /** How the matrix products of the run round. */
  readonly simd: SimdLevel;
  readonly versions: Readonly<Record<string, string>>;
}

const policyStateSchema = z.looseObject({ learner: z.record(z.string(), z.unknown()) });

/** Which of a run's checkpoints. */
export type CheckpointName = "best" | "latest";

/** The versions a result depends on. */
export function currentVersions(): Record<string, string> {
  const commit = packageCommit();
  return { spikegym: packageVersion(), node: process.versions.node, ...(commit === null ? {} : { commit }) };
}

/**
 * A run's folder:
 *
 *   config.json      resolved configuration, versions, SIMD level      metrics.jsonl   a row of scalars a line
 *   checkpoints/     `latest` (everything) and `best` (the learner)    events.out.*    the same for TensorBoard
 *   replays/         replay files                                      summary.json    once it has ended
 */
export class RunFolder {
  readonly path: string;
  readonly record: RunRecord;
  #metrics: MetricsLog;
  #events: EventFile;

  private constructor(path: string, record: RunRecord, metrics: MetricsLog, events: EventFile) {
    this.path = path;
    this.record = record;
    this.#metrics = metrics;
    this.#events = events;
  }

  /** A new run. Throws a UsageError where a run is already. */
  static async create(path: string, config: RunConfig, simd: SimdLevel): Promise<RunFolder> {
    if (existsSync(join(path, "config.json"))) {
      throw new UsageError(
        `${path} already holds a run; go on with --resume ${path}, or choose another --out`,
      );
    }
    const record = { config, simd, versions: currentVersions() };
    try {
      await mkdir(join(path, "replays"), { recursive: true });
    } catch (error) {
      throw describeFileFailure("write", path, error);
    }
    await writeFileAtomically(join(path, "config.json"), `${JSON.stringify(record, null, 2)}\n`);
    return RunFolder.#open(path, record);
  }

  /** An old run, to go on after `step`: later rows of its logs are dropped. */
  static async reopen(path: string, record: RunRecord, step: number): Promise<RunFolder> {
    return RunFolder.#open(path, record, step);
  }

  static async #open(path: string, record: RunRecord, resumedAfter?: number): Promise<RunFolder> {
    const metrics = await MetricsLog.open(join(path, "metrics.jsonl"), resumedAfter);
    try {
      return new RunFolder(path, record, metrics, new EventFile(path, Date.now() / 1000, resumedAfter));
    } catch (error) {
      metrics.close();
      throw error;
    }
  }

  log(step: number, scalars: Readonly<Record<string, number>>): void {
    this.#metrics.log(step, scalars);
    this.#events.log(Date.now() / 1000, step, scalars);
  }

  /** For TensorBoard only. */
  logHistogram(step: number, name: string, values: ArrayLike<number>): void {
    this.#events.logHistogram(Date.now() / 1000, step, name, values);
  }

  async saveLatest(checkpoint: Checkpoint): Promise<void> {
    // No checkpoint may be ahead of its log.
    this.#metrics.sync();
    await writeCheckpoint(join(this.path, "checkpoints"), "latest", checkpoint);
  }

  async saveBest(agent: Agent, facts: Readonly<Record<string, number>>): Promise<void> {
    const { arrays, state } = agent.snapshot();
    await writeCheckpoint(join(this.path, "checkpoints"), "best", {
      arrays,
      state: { ...facts, learner: state },
    });
  }

  async writeSummary(summary: unknown): Promise<void> {
    await writeFileAtomically(join(this.path, "summary.json"), `${JSON.stringify(summary, null, 2)}\n`);
  }

  close(): void {
    this.#metrics.close();
    this.#events.close();
  }
}

/** The path itself, or the first of path-2, path-3, ... that is free. */
export function freeRunFolder(path: string): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? path : `${path}-${n}`;
    if (!existsSync(candidate)) return candidate;
  }
}

/** Reads a run's configuration; it is hostile until parsed. */
export async function readRunRecord(path: string): Promise<RunRecord> {
  const file = join(path, "config.json");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      throw new UsageError(`${path} is no run folder: it has no config.json${await suggestRuns(path)}`);
    }
    throw describeFileFailure("read", file, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FileError(`${file} is cut off or no JSON; expected the configuration that spikegym wrote`);
  }
  const { config, simd, versions } = parse(configFileSchema, value, file);
  return { config: parseRunConfig(config, file), simd, versions };
}

async function suggestRuns(path: string): Promise<string> {
  const entries = existsSync(path) ? await readdir(path, { withFileTypes: true }).catch(() => []) : [];
  const runs = entries.filter((e) => e.isDirectory() && existsSync(join(path, e.name, "config.json")));
  return runs.length === 0 ? "" : `; runs in it: ${runs.map((e) => e.name).join(", ")}`;
}

/** The latest checkpoint of a run, whole; the one before where the newest is damaged, with a warning. */
export function readLatest(path: string): Promise<RestoredCheckpoint> {
  return readCheckpoint(join(path, "checkpoints"), "latest");
}

/** The learner of a run's checkpoint. */
export async function readLearner(
  path: string,
  name: CheckpointName,
): Promise<LearnerSnapshot & { warning?: string }> {
  const { arrays, state, warning } = await readCheckpoint(join(path, "checkpoints"), name);
  const { learner } = parse(policyStateSchema, state, `${path}: checkpoint "${name}"`);
  return {
    arrays: name === "latest" ? unprefixed("learner", arrays) : unprefixed("", arrays),
    state: learner,
    ...(warning === undefined ? {} : { warning }),
  };
}

/** Puts `prefix/` before every name. */
export function prefixed<T>(prefix: string, arrays: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${prefix}/${name}`, array]));
}

/** The 32-bit arrays whose names start with `prefix/`, without it; all of them for an empty prefix. */
export function unprefixed(prefix: string, arrays: NamedArrays): LearnerSnapshot["arrays"] {
  const start = prefix === "" ? "" : `${prefix}/`;
  const own: Record<string, { shape: readonly number[]; values: Float32Array }> = {};
  for (const [name, { shape, values }] of Object.entries(arrays)) {
    if (!name.startsWith(start)) continue;
    if (!(values instanceof Float32Array))
      throw new FileError(`checkpoint: "${name}" is not of 32-bit floats`);
    own[name.slice(start.length)] = { shape, values };
  }
  return own;
}
