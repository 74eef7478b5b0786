import type { SweepFolder } from "../sweep-folder.ts";
import type { Trial } from "../trial.ts";

/** A job of the queue: one trial. Its id is the trial's, so a trial is in the queue once. */
export interface TrialJob {
  readonly trial: Trial;
}

/** Every sweep has a queue of its own. */
export function queueName({ record }: SweepFolder): string {
  return `spikegym-${record.sha256.slice(0, 16)}`;
}

/** How a job is tried and forgotten. Results are in the folder; the queue holds only what is left to do. */
export function jobOptions({ record }: SweepFolder, id: string) {
  return {
    // BullMQ refuses ids of digits alone, which one hash in two thousand is.
    jobId: `trial-${id}`,
    attempts: 1 + record.spec.retries,
    backoff: { type: "exponential", delay: 500 },
    removeOnComplete: true,
    removeOnFail: true,
  } as const;
}
