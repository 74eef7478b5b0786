import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { FileError, UsageError } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import type { SimdLevel } from "../kernels/host.ts";
import { describeFileFailure, writeFileAtomically } from "../training/atomic-file.ts";
import {
  type Checkpoint,
  type RestoredCheckpoint,
  readCheckpoint,
  writeCheckpoint,
} from "../training/checkpoint.ts";
import { MetricsLog, type Scalars } from "../training/metrics-log.ts";
import { currentVersions } from "../training/run-folder.ts";
import { EventFile } from "../training/tensorboard.ts";
import { type ClassificationConfig, parseConfig } from "./run-config.ts";

const recordSchema = z.strictObject({
  classification: z.unknown(),
  simd: z.enum(["strict", "relaxed"]),
  versions: z.record(z.string(), z.string()),
});

/** What `config.json` of a classification run says. */
export interface ClassificationRecord {
  readonly config: ClassificationConfig;
  readonly simd: SimdLevel;
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * A classification run's folder, laid out like an agent's: `config.json`, `metrics.jsonl` and `events.out.*` with a row
 * an epoch, `checkpoints/` (`latest`, with which it goes on to the bit; `best`, by the mean accuracy on the test
 * samples), `summary.json` once it has ended.
 */
export class ClassificationFolder {
  readonly path: string;
  readonly #metrics: MetricsLog;
  readonly #events: EventFile;

  private constructor(path: string, metrics: MetricsLog, events: EventFile) {
    this.path = path;
    this.#metrics = metrics;
    this.#events = events;
  }

  /** A new run. Throws a UsageError where a run is already, unless it is to begin anew. */
  static async create(
    path: string,
    config: ClassificationConfig,
    simd: SimdLevel,
    restart = false,
  ): Promise<ClassificationFolder> {
    if (!restart && existsSync(join(path, "config.json"))) {
      throw new UsageError(
        `${path} already holds a run; go on with --resume ${path}, or choose another --out`,
      );
    }
    try {
      await mkdir(path, { recursive: true });
    } catch (error) {
      throw describeFileFailure("write", path, error);
    }
    const record = { classification: config, simd, versions: currentVersions() };
    await writeFileAtomically(join(path, "config.json"), `${JSON.stringify(record, null, 2)}\n`);
    return ClassificationFolder.open(path, restart ? 0 : undefined);
  }

  /** A run to go on with after `epoch`: later rows of its logs are dropped. */
  static async open(path: string, epoch?: number): Promise<ClassificationFolder> {
    const metrics = await MetricsLog.open(join(path, "metrics.jsonl"), epoch);
    try {
      return new ClassificationFolder(path, metrics, new EventFile(path, Date.now() / 1000, epoch));
    } catch (error) {
      metrics.close();
      throw error;
    }
  }

  log(epoch: number, scalars: Scalars): void {
    this.#metrics.log(epoch, scalars);
    this.#events.log(Date.now() / 1000, epoch, scalars);
  }

  async save(name: "latest" | "best", checkpoint: Checkpoint): Promise<void> {
    // No checkpoint may be ahead of its log.
    this.#metrics.sync();
    await writeCheckpoint(join(this.path, "checkpoints"), name, checkpoint);
  }

  async writeSummary(summary: unknown): Promise<void> {
    await writeFileAtomically(join(this.path, "summary.json"), `${JSON.stringify(summary, null, 2)}\n`);
  }

  close(): void {
    this.#metrics.close();
    this.#events.close();
  }
}

/** Reads a run's configuration; throws a UsageError where the folder holds no classification run. */
export async function readRecord(path: string): Promise<ClassificationRecord> {
  const file = join(path, "config.json");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      throw new UsageError(`${path} is no run folder: it has no config.json`);
    }
    throw describeFileFailure("read", file, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FileError(`${file} is cut off or no JSON; expected the configuration that spikegym wrote`);
  }
  if (typeof value === "object" && value !== null && "config" in value) {
    throw new UsageError(`${path} is an agent's run, expected one of spikegym multitask train`);
  }
  const { classification, simd, versions } = parse(recordSchema, value, file);
  return { config: parseConfig(classification, file), simd, versions };
}

/** A checkpoint of a run, whole. */
export function readClassifier(path: string, name: "latest" | "best"): Promise<RestoredCheckpoint> {
  return readCheckpoint(join(path, "checkpoints"), name);
}
