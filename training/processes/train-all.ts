import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { FileError, SpikegymError, UsageError } from "../../core/errors.ts";
import type { RunConfig } from "../config.ts";
import { readRunRecord } from "../run-folder.ts";
import type { TrainProgress, TrainSummary } from "../trainer.ts";
import { trainInProcess } from "./train-process.ts";

/** One run of several. */
export interface TrainJob {
  /** For messages, e.g. `seed 3`. */
  readonly name: string;
  readonly config: RunConfig;
  /** The run's own folder. */
  readonly out: string;
}

/** How one of the runs ended. */
export type TrainOutcome =
  | { readonly job: TrainJob; readonly summary: TrainSummary }
  | { readonly job: TrainJob; readonly error: string };

export interface TrainAllProgress {
  /** Environment steps of all runs together. */
  readonly steps: number;
  readonly totalSteps: number;
  readonly runsDone: number;
  readonly runs: number;
}

export interface TrainAllOptions {
  /** Processes at a time. */
  readonly workers: number;
  /** Stops every run with a checkpoint; those not begun stay so. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainAllProgress) => void;
  readonly onNote?: (line: string) => void;
  /** Told of each run as it ends, also of those that were complete before. */
  readonly onOutcome?: (outcome: TrainOutcome) => Promise<void> | void;
}

/**
 * Trains several runs, each in a process of its own, in the order given. What is there goes on: a run that is complete
 * is left alone, one that was begun is resumed. A run that fails does not hold up the others.
 *
 * @returns an outcome for each run that was begun, in the order of the jobs
 */
export async function trainAll(jobs: readonly TrainJob[], options: TrainAllOptions): Promise<TrainOutcome[]> {
  const outcomes = new Map<TrainJob, TrainOutcome>();
  const steps = new Map<TrainJob, number>(jobs.map((job) => [job, 0]));
  const totalSteps = jobs.reduce((sum, job) => sum + job.config.training.steps, 0);
  const report = () =>
    options.onProgress?.({
      steps: [...steps.values()].reduce((sum, n) => sum + n, 0),
      totalSteps,
      runsDone: outcomes.size,
      runs: jobs.length,
    });
  const settle = async (outcome: TrainOutcome) => {
    outcomes.set(outcome.job, outcome);
    // A run that ended early, because it was solved or because it failed, leaves nothing to wait for.
    steps.set(outcome.job, outcome.job.config.training.steps);
    report();
    await options.onOutcome?.(outcome);
  };

  const open: TrainJob[] = [];
  for (const job of jobs) {
    await refuseOtherSettings(job);
    const summary = await readCompleteSummary(job.out);
    if (summary === undefined) open.push(job);
    else await settle({ job, summary });
  }
  const work = async () => {
    for (let job = open.shift(); job !== undefined && !options.signal?.aborted; job = open.shift()) {
      const outcome = await runJob(job, options, ({ step }) => {
        steps.set(job!, step);
        report();
      });
      if ("summary" in outcome && !outcome.summary.complete) outcomes.set(job, outcome);
      else await settle(outcome);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.workers, open.length) }, work));
  return jobs.flatMap((job) => outcomes.get(job) ?? []);
}

async function runJob(
  job: TrainJob,
  options: TrainAllOptions,
  onProgress: (progress: TrainProgress) => void,
): Promise<TrainOutcome> {
  try {
    const summary = await trainInProcess(job.config, {
      out: job.out,
      resume: isBegun(job),
      onProgress,
      onNote: (line) => options.onNote?.(`${job.name}: ${line}`),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    return { job, summary };
  } catch (error) {
    if (!(error instanceof SpikegymError)) throw error;
    options.onNote?.(`${job.name}: ${error.message}`);
    return { job, error: error.message };
  }
}

function isBegun({ out }: TrainJob): boolean {
  return existsSync(join(out, "config.json"));
}

/** A folder may hold this run, begun or complete, but no other. */
async function refuseOtherSettings(job: TrainJob): Promise<void> {
  if (!isBegun(job)) return;
  const { config } = await readRunRecord(job.out);
  const difference = firstDifference(config, job.config);
  if (difference !== undefined) {
    throw new UsageError(
      `${job.out} holds a run with other settings (${difference}); choose another --out, or move it away`,
    );
  }
}

/** Where two plain values first differ: `"training.steps" is 100, expected 200`. */
function firstDifference(got: unknown, expected: unknown, path: readonly string[] = []): string | undefined {
  if (isDeepStrictEqual(got, expected)) return undefined;
  if (isObject(got) && isObject(expected)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
      const difference = firstDifference(got[key], expected[key], [...path, key]);
      if (difference !== undefined) return difference;
    }
  }
  return `"${path.join(".")}" is ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The summary of a run that has ended by itself; undefined where there is more to do. */
export async function readCompleteSummary(run: string): Promise<TrainSummary | undefined> {
  const file = join(run, "summary.json");
  if (!existsSync(file)) return undefined;
  try {
    const summary = JSON.parse(await readFile(file, "utf8")) as TrainSummary;
    return summary.complete ? summary : undefined;
  } catch {
    throw new FileError(`${file} is no JSON; expected the summary that spikegym wrote; remove it and resume`);
  }
}
