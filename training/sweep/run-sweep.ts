import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { type RunLocallyOptions, runLocally, type SweepOutcome } from "./run-locally.ts";
import { parseSweepSpec, type sweepSchema } from "./spec.ts";
import { SweepFolder } from "./sweep-folder.ts";
import type { Trial } from "./trial.ts";

/** A sweep as its YAML file says it (docs/sweeps.md). */
export type SweepInput = z.input<typeof sweepSchema>;

export interface RunSweepOptions extends Partial<RunLocallyOptions> {
  /** The sweep's folder. */
  readonly out: string;
}

/** A trial and what it came to. */
export interface SweepResult {
  readonly trial: Trial;
  /** `result.json` of the trial. */
  readonly result: Readonly<Record<string, unknown>>;
}

export interface FinishedSweep extends SweepOutcome {
  /** For `writeReport`. */
  readonly out: string;
  /** Of the trials that are done, in the plan's order. */
  readonly results: readonly SweepResult[];
}

/**
 * Plans a sweep and does what is left of it, one process at a time where `workers` says nothing else; called again on the
 * same folder it goes on.
 *
 * @throws UsageError for an impossible sweep, or a folder that holds another one
 */
export async function runSweep(input: SweepInput, options: RunSweepOptions): Promise<FinishedSweep> {
  const { out, workers = 1, ...rest } = options;
  const folder = await SweepFolder.plan(out, parseSweepSpec(input, "runSweep"));
  const outcome = await runLocally(folder, { workers, ...rest });
  const results: SweepResult[] = [];
  for await (const trial of folder.trials()) {
    if (!folder.isDone(trial.id)) continue;
    const text = await readFile(join(out, "trials", trial.id, "result.json"), "utf8");
    results.push({ trial, result: JSON.parse(text) as SweepResult["result"] });
  }
  return { ...outcome, out, results };
}
