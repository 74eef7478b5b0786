import { SpikegymError, UsageError } from "../../core/errors.ts";
import { isIn, type Shard, WHOLE } from "./shard.ts";
import type { SweepFolder } from "./sweep-folder.ts";
import type { Trial } from "./trial.ts";
import { TrialProcess } from "./trial-process.ts";

export interface SweepProgress {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
}

/** How a run over a sweep ended; the counts are of the shard. */
export interface SweepOutcome extends SweepProgress {
  readonly wallSeconds: number;
}

export interface RunLocallyOptions {
  /** Processes at a time. */
  readonly workers: number;
  readonly shard?: Shard;
  /** Lets the trials at hand end or save their checkpoints, and begins no other. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SweepProgress) => void;
  readonly onNote?: (line: string) => void;
}

/**
 * Does what is left of a sweep in processes of this machine: training trials first, then evaluations. Trials that have a
 * result or have failed before are passed over.
 */
export async function runLocally(folder: SweepFolder, options: RunLocallyOptions): Promise<SweepOutcome> {
  const { workers, shard = WHOLE, signal, onProgress, onNote } = options;
  const began = performance.now();
  const counts = await countTrials(folder, shard);
  const report = () => onProgress?.({ ...counts });
  report();
  const processes = Array.from({ length: workers }, () => new TrialProcess(onNote));
  const stopAll = () => {
    for (const process of processes) process.stop();
  };
  signal?.addEventListener("abort", stopAll, { once: true });
  try {
    for (const kind of ["train", "evaluate"] as const) {
      // Several workers draw from one walk through the plan; a generator hands out its values in turn.
      const open = openTrials(folder, kind, shard);
      const work = async (process: TrialProcess) => {
        for (let next = await open.next(); !next.done && !signal?.aborted; next = await open.next()) {
          const trial = next.value;
          const outcome = await attempt(folder, trial, process, signal);
          if (outcome === "stopped") return;
          if (outcome === "done") counts.done++;
          else {
            counts.failed++;
            await folder.fail(outcome);
            onNote?.(`trial ${trial.id}: ${outcome.error}`);
          }
          report();
        }
      };
      await Promise.all(processes.map(work));
      await open.return(undefined);
    }
  } finally {
    signal?.removeEventListener("abort", stopAll);
    for (const process of processes) process.close();
  }
  return { ...counts, wallSeconds: (performance.now() - began) / 1000 };
}

/** How far the shard is. */
export async function countTrials(
  folder: SweepFolder,
  shard: Shard,
): Promise<{ done: number; failed: number; total: number }> {
  const counts = { done: 0, failed: 0, total: 0 };
  for await (const trial of folder.trials()) {
    if (!isIn(trial, shard)) continue;
    counts.total++;
    if (folder.isDone(trial.id)) counts.done++;
    else if (folder.isFailed(trial.id)) counts.failed++;
  }
  return counts;
}

/** The trials of a kind that have neither a result nor failed; evaluations as soon as their policy is there. */
export async function* openTrials(
  folder: SweepFolder,
  kind: Trial["kind"],
  shard: Shard,
): AsyncGenerator<Trial, undefined> {
  for await (const trial of folder.trials()) {
    if (trial.kind !== kind || !isIn(trial, shard)) continue;
    if (!folder.isDone(trial.id) && !folder.isFailed(trial.id)) yield trial;
  }
}

async function attempt(
  folder: SweepFolder,
  trial: Trial,
  process: TrialProcess,
  signal: AbortSignal | undefined,
): Promise<"done" | "stopped" | { readonly id: string; readonly error: string; readonly attempts: number }> {
  const missing = missingPolicy(folder, trial);
  if (missing !== undefined) return { id: trial.id, error: missing, attempts: 0 };
  const most = 1 + folder.record.spec.retries;
  for (let attempts = 1; ; attempts++) {
    try {
      return await process.run(folder.path, trial);
    } catch (error) {
      if (!(error instanceof SpikegymError)) throw error;
      if (signal?.aborted) return "stopped";
      // Wrong settings stay wrong.
      if (attempts >= most || error instanceof UsageError)
        return { id: trial.id, error: error.message, attempts };
    }
  }
}

/** Why an evaluation has no policy, if it has none. */
export function missingPolicy(folder: SweepFolder, trial: Trial): string | undefined {
  if (trial.kind === "train" || "path" in trial.policy || folder.isDone(trial.policy.trial)) return undefined;
  return `its training trial ${trial.policy.trial} has no result`;
}
