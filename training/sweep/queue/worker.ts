import { setTimeout as wait } from "node:timers/promises";
import type { Job } from "bullmq";
import { SpikegymError, UsageError } from "../../../core/errors.ts";
import type { SweepFolder } from "../sweep-folder.ts";
import { TrialProcess } from "../trial-process.ts";
import { connect, loadQueueLibrary } from "./connection.ts";
import { queueName, type TrialJob } from "./trial-queue.ts";

export interface QueueWorkerOptions {
  readonly url: string;
  /** Trials at a time, each in a process of its own. */
  readonly workers: number;
  readonly signal?: AbortSignal;
  readonly onTrial?: (id: string, outcome: "done" | "failed") => void;
  readonly onNote?: (line: string) => void;
  /** Ends when there has been nothing to do for this long, s; never, if absent. */
  readonly idleSeconds?: number;
  /** A worker that has not said for this long that it is alive has lost its trial, s. */
  readonly lostAfterSeconds?: number;
}

/** Default of `lostAfterSeconds`. */
const LOST_AFTER_S = 10;

/**
 * Takes trials from a sweep's queue until stopped. Each runs in a child process, so that this one stays free to renew
 * the lock on its job; a trial of a worker that was killed goes back into the queue and on from its checkpoint.
 *
 * @returns how many trials it did
 */
export async function workOnQueue(folder: SweepFolder, options: QueueWorkerOptions): Promise<number> {
  const { url, workers, signal, onTrial, onNote, idleSeconds, lostAfterSeconds = LOST_AFTER_S } = options;
  const { bullmq, Redis } = await loadQueueLibrary();
  const connection = connect(Redis, url, onNote);
  const free = Array.from({ length: workers }, () => new TrialProcess(onNote));
  const all = [...free];
  let did = 0;
  let busy = 0;
  let lastBusy = performance.now();

  const process = async ({ data: { trial }, attemptsMade, opts }: Job<TrialJob>): Promise<void> => {
    const child = free.pop()!;
    busy++;
    try {
      if ((await child.run(folder.path, trial)) === "stopped") {
        // Not its fault: back into the queue without a mark against it.
        throw new SpikegymError("its worker was stopped");
      }
      did++;
      onTrial?.(trial.id, "done");
    } catch (error) {
      if (signal?.aborted) throw error;
      const last = attemptsMade + 1 >= (opts.attempts ?? 1) || error instanceof UsageError;
      if (!last) throw error;
      const message = (error as Error).message;
      await folder.fail({ id: trial.id, error: message, attempts: attemptsMade + 1 });
      onTrial?.(trial.id, "failed");
      onNote?.(`trial ${trial.id}: ${message}`);
      throw new bullmq.UnrecoverableError(message);
    } finally {
      free.push(child);
      busy--;
      lastBusy = performance.now();
    }
  };

  const worker = new bullmq.Worker<TrialJob>(queueName(folder), process, {
    connection,
    concurrency: workers,
    lockDuration: 1000 * lostAfterSeconds,
    stalledInterval: 500 * lostAfterSeconds,
    // Workers may be killed as often as they like; a trial that kills its worker shows in `attempts`.
    maxStalledCount: 1_000_000,
  });
  worker.on("error", () => undefined); // Said by the connection.
  try {
    while (!signal?.aborted) {
      await wait(200, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
      if (idleSeconds !== undefined && busy === 0 && performance.now() - lastBusy > 1000 * idleSeconds) break;
    }
  } finally {
    for (const child of all) child.stop();
    // Waits for the trials at hand; with Redis away it would wait for ever.
    await Promise.race([worker.close(), untilFree(() => busy === 0)]);
    await wait(100);
    for (const child of all) child.close();
    connection.disconnect();
  }
  return did;
}

async function untilFree(isFree: () => boolean): Promise<void> {
  while (!isFree()) await wait(100);
  await wait(2_000);
}
