import { setTimeout as wait } from "node:timers/promises";
import {
  countTrials,
  missingPolicy,
  openTrials,
  type SweepOutcome,
  type SweepProgress,
} from "../run-locally.ts";
import { WHOLE } from "../shard.ts";
import type { SweepFolder } from "../sweep-folder.ts";
import { connect, loadQueueLibrary } from "./connection.ts";
import { jobOptions, queueName, type TrialJob } from "./trial-queue.ts";

export interface QueueOptions {
  /** redis://host:port */
  readonly url: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SweepProgress) => void;
  readonly onNote?: (line: string) => void;
}

/** Trials waiting in the queue at most: the plan stays on disk. */
const BACKLOG = 500;
const CHUNK = 100;
const LOOK_EVERY_MS = 500;
/** Time after which trials that are neither done nor known to the queue are put into it again. */
const RECHECK_MS = 5_000;

/**
 * Hands what is left of a sweep to workers through a queue, and waits for all of it. The folder alone says what is done:
 * a job that Redis forgot, in a crash between two writes of its log, is put into the queue again.
 */
export async function runThroughQueue(folder: SweepFolder, options: QueueOptions): Promise<SweepOutcome> {
  const { url, signal, onProgress, onNote } = options;
  const began = performance.now();
  const { bullmq, Redis } = await loadQueueLibrary();
  const connection = connect(Redis, url, onNote);
  const queue = new bullmq.Queue<TrialJob>(queueName(folder), { connection });
  queue.on("error", () => undefined); // Said by the connection.
  // Commands wait for a Redis that is away; a Ctrl-C does not.
  const hangUp = () => connection.disconnect();
  signal?.addEventListener("abort", hangUp, { once: true });
  try {
    let counts = await countTrials(folder, WHOLE);
    onProgress?.(counts);
    while (counts.done + counts.failed < counts.total && !signal?.aborted) {
      for (const kind of ["train", "evaluate"] as const) await fill(kind);
      await untilDrained();
      counts = await countTrials(folder, WHOLE);
      onProgress?.(counts);
    }
    return { ...counts, wallSeconds: (performance.now() - began) / 1000 };
  } finally {
    signal?.removeEventListener("abort", hangUp);
    await Promise.race([queue.close().catch(() => undefined), wait(2_000)]);
    connection.disconnect();
  }

  /** Puts all open trials of a kind into the queue, never more than the backlog at once. */
  async function fill(kind: "train" | "evaluate"): Promise<void> {
    let chunk: Parameters<typeof queue.addBulk>[0] = [];
    const flush = async () => {
      if (chunk.length === 0) return;
      await unlessAborted(queue.addBulk(chunk));
      chunk = [];
      while (!signal?.aborted && (await waiting()) > BACKLOG) await look();
    };
    for await (const trial of openTrials(folder, kind, WHOLE)) {
      if (signal?.aborted) return;
      // One whose policy is still being trained is put in on a later walk; one whose training failed never can be.
      if (missingPolicy(folder, trial) !== undefined) {
        if (trial.kind === "evaluate" && "trial" in trial.policy && folder.isFailed(trial.policy.trial)) {
          await folder.fail({ id: trial.id, error: missingPolicy(folder, trial)!, attempts: 0 });
        }
        continue;
      }
      chunk.push({ name: trial.kind, data: { trial }, opts: jobOptions(folder, trial.id) });
      if (chunk.length >= CHUNK) await flush();
    }
    await flush();
  }

  /** Until the queue is nearly empty, or for a while: then the folder is looked through again. */
  async function untilDrained(): Promise<void> {
    const until = performance.now() + RECHECK_MS;
    while (!signal?.aborted && performance.now() < until) {
      await look();
      if ((await waiting()) === 0 && (await active()) === 0) return;
    }
  }

  async function look(): Promise<void> {
    await wait(LOOK_EVERY_MS, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    const { done, failed } = await folder.count();
    onProgress?.({ done, failed, total: folder.record.trials });
  }

  async function waiting(): Promise<number> {
    const counts = await unlessAborted(queue.getJobCounts("wait", "delayed", "prioritized"));
    return Object.values(counts ?? {}).reduce((sum, n) => sum + n, 0);
  }

  async function active(): Promise<number> {
    return (await unlessAborted(queue.getActiveCount())) ?? 0;
  }

  /** What a command gives; nothing where a Ctrl-C has cut it off. */
  async function unlessAborted<T>(command: Promise<T>): Promise<T | undefined> {
    try {
      return await command;
    } catch (error) {
      if (signal?.aborted) return undefined;
      throw error;
    }
  }
}
