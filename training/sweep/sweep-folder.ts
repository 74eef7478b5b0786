import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { FileError, UsageError } from "../../core/errors.ts";
import { parse } from "../../core/parse.ts";
import { describeFileFailure, writeFileAtomically } from "../atomic-file.ts";
import { packageCommit, packageVersion } from "../package-root.ts";
import { planTrials, readPolicyContents } from "./plan.ts";
import { parseSweepSpec, type SweepSpec } from "./spec.ts";
import type { Trial } from "./trial.ts";

const FORMAT = "spikegym-sweep";

const recordSchema = z.strictObject({
  format: z.literal(FORMAT, `expected "${FORMAT}"`),
  version: z.literal(1, "expected 1; it is of another version of spikegym"),
  name: z.string(),
  spec: z.unknown(),
  code: z.string(),
  sha256: z.string(),
  trials: z.number().int().min(0),
});

/** What `sweep.json` says. */
export interface SweepRecord {
  readonly name: string;
  readonly spec: SweepSpec;
  /** Version of the code that its trials are of. */
  readonly code: string;
  /** Hash of the plan: sweeps with equal ones are the same. */
  readonly sha256: string;
  readonly trials: number;
}

/** Why a trial has no result. */
export interface TrialFailure {
  readonly id: string;
  readonly error: string;
  readonly attempts: number;
}

/** The version of the code as trials know it. */
export function codeVersion(): string {
  const commit = packageCommit();
  return commit === null ? packageVersion() : `${packageVersion()}@${commit}`;
}

/**
 * A sweep's folder; several machines may work in it at once:
 *
 *   sweep.json          what it is                     trials/<id>/result.json   one folder a finished trial
 *   plan.jsonl          its trials, one a line         trials/<id>/run/          and the run, of a training trial
 *   work/<id>/          what is being worked on        failed/<id>.json          why a trial has no result
 *
 * A trial's folder takes its name in one step (rename), so there is all of it or nothing, and one of two workers that
 * did the same trial finds it there already.
 */
export class SweepFolder {
  readonly path: string;
  readonly record: SweepRecord;

  private constructor(path: string, record: SweepRecord) {
    this.path = path;
    this.record = record;
  }

  /**
   * Plans a sweep into a folder, or finds it planned there.
   *
   * @throws UsageError where the folder holds another sweep, or this one of another version of the code
   */
  static async plan(path: string, spec: SweepSpec): Promise<SweepFolder> {
    const code = codeVersion();
    const policies = await readPolicyContents(spec);
    // Once through for its hash and its errors, then once more to write it: a plan may be longer than the memory.
    const record: SweepRecord = {
      name: spec.name,
      spec,
      code,
      ...hashTrials(planTrials(spec, policies, code)),
    };
    if (existsSync(join(path, "sweep.json"))) {
      const there = await SweepFolder.open(path);
      there.#refuseOther(record);
      return there;
    }
    await refuseForeign(path);
    await writeFileAtomically(join(path, "plan.jsonl"), jsonLines(planTrials(spec, policies, code)));
    await writeFileAtomically(
      join(path, "sweep.json"),
      `${JSON.stringify({ format: FORMAT, version: 1, ...record }, null, 2)}\n`,
    );
    return new SweepFolder(path, record);
  }

  /** @throws UsageError for a folder that holds no sweep */
  static async open(path: string): Promise<SweepFolder> {
    const file = join(path, "sweep.json");
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") {
        throw new UsageError(
          `${path} holds no sweep: it has no sweep.json; start one with spikegym sweep run SPEC --out ${path}`,
        );
      }
      throw describeFileFailure("read", file, error);
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new FileError(`${file} is cut off or no JSON; expected what spikegym wrote`);
    }
    const { name, spec, code, sha256, trials } = parse(recordSchema, value, file);
    return new SweepFolder(path, { name, spec: parseSweepSpec(spec, file), code, sha256, trials });
  }

  /**
   * A sweep of which every trial has a result, whatever version of the code ran it: it can be read, there is nothing left
   * to run. Undefined where there is none, or another, in the folder.
   */
  static async finished(path: string, spec: SweepSpec): Promise<SweepFolder | undefined> {
    if (!existsSync(join(path, "sweep.json"))) return undefined;
    const there = await SweepFolder.open(path);
    const { code, sha256 } = there.record;
    const trials = planTrials(spec, await readPolicyContents(spec), code);
    if (hashTrials(trials).sha256 !== sha256) return undefined;
    for await (const { id } of there.trials()) if (!there.isDone(id)) return undefined;
    return there;
  }

  #refuseOther({ name, code, sha256 }: SweepRecord): void {
    const there = this.record;
    if (there.sha256 === sha256) return;
    const why =
      there.name !== name
        ? `another sweep ("${there.name}", not "${name}")`
        : there.code !== code
          ? `this sweep as another version of the code ran it (${there.code}, now ${code})`
          : "this sweep with another plan (the spec, or a policy, has changed)";
    throw new UsageError(`${this.path} holds ${why}; nothing was changed, choose another --out`);
  }

  /** Every trial of the plan, in order, read line by line. */
  async *trials(): AsyncGenerator<Trial> {
    const lines = createInterface({ input: createReadStream(join(this.path, "plan.jsonl"), "utf8") });
    for await (const line of lines) if (line !== "") yield JSON.parse(line) as Trial;
  }

  trialPath(id: string): string {
    return join(this.path, "trials", id);
  }

  workPath(id: string): string {
    return join(this.path, "work", id);
  }

  isDone(id: string): boolean {
    return existsSync(join(this.trialPath(id), "result.json"));
  }

  isFailed(id: string): boolean {
    return existsSync(join(this.path, "failed", `${id}.json`));
  }

  async fail(failure: TrialFailure): Promise<void> {
    await writeFileAtomically(
      join(this.path, "failed", `${failure.id}.json`),
      `${JSON.stringify(failure, null, 2)}\n`,
    );
  }

  /** Forgets all failures, so that their trials are tried again; returns how many there were. */
  async forgetFailures(): Promise<number> {
    const failed = await this.failures();
    for (const { id } of failed) await rm(join(this.path, "failed", `${id}.json`), { force: true });
    return failed.length;
  }

  async failures(): Promise<TrialFailure[]> {
    const names = await namesIn(join(this.path, "failed"));
    const files = names.filter((name) => name.endsWith(".json") && !name.startsWith("."));
    return Promise.all(
      files.map(
        async (name) => JSON.parse(await readFile(join(this.path, "failed", name), "utf8")) as TrialFailure,
      ),
    );
  }

  /**
   * Makes a trial's finished folder its result, unless there is one already.
   *
   * @param folder holds everything, `result.json` among it; gone afterwards
   * @returns false where another worker was first
   */
  async publish(id: string, folder: string): Promise<boolean> {
    await mkdir(join(this.path, "trials"), { recursive: true });
    try {
      await rename(folder, this.trialPath(id));
    } catch (error) {
      if (!["ENOTEMPTY", "EEXIST"].includes(String((error as NodeJS.ErrnoException).code))) {
        throw describeFileFailure("write", this.trialPath(id), error);
      }
      await rm(folder, { recursive: true, force: true });
      return false;
    }
    const handle = await open(join(this.path, "trials"), "r");
    await handle.sync().finally(() => handle.close());
    return true;
  }

  /** How many trials are done, have failed, are being worked on. */
  async count(): Promise<{ done: number; failed: number; running: number }> {
    const [trials, failed, work] = await Promise.all(
      ["trials", "failed", "work"].map((name) => namesIn(join(this.path, name))),
    );
    const real = (names: readonly string[] | undefined) =>
      names!.filter((name) => !name.startsWith(".")).length;
    return { done: real(trials), failed: real(failed), running: real(work) };
  }
}

function hashTrials(all: Iterable<Trial>): { sha256: string; trials: number } {
  const hash = createHash("sha256");
  let trials = 0;
  for (const { id } of all) {
    hash.update(id);
    trials++;
  }
  return { sha256: hash.digest("hex"), trials };
}

function* jsonLines(values: Iterable<unknown>): Generator<Uint8Array> {
  for (const value of values) yield Buffer.from(`${JSON.stringify(value)}\n`);
}

async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw describeFileFailure("read", path, error);
  }
}

/** A folder with other things in it is left alone. */
async function refuseForeign(path: string): Promise<void> {
  const names = (await namesIn(path)).filter((name) => !name.startsWith("."));
  if (names.length > 0 && !names.every((name) => name === "plan.jsonl")) {
    throw new UsageError(`${path} is not empty and holds no sweep; choose another --out`);
  }
}
