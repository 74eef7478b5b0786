import type { Redis } from "ioredis";
import { SpikegymError, UsageError } from "../../../core/errors.ts";

type BullMq = typeof import("bullmq");

/**
 * BullMQ, which is an optional part.
 *
 * @throws SpikegymError that says how to get it
 */
export async function loadQueueLibrary(): Promise<{ bullmq: BullMq; Redis: typeof Redis }> {
  try {
    const [bullmq, ioredis] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { bullmq, Redis: ioredis.Redis };
  } catch (error) {
    throw new SpikegymError(
      `a queue needs two optional packages; add them with: npm install bullmq ioredis (${(error as Error).message.split("\n")[0]})`,
    );
  }
}

/** Waits between two attempts to reach Redis, ms: doubling, to this at most. */
const LONGEST_WAIT_MS = 5_000;

/**
 * A connection that never gives up: while Redis is away commands wait, and `onNote` is told when it goes and when it is
 * back.
 *
 * @throws UsageError for a URL of another kind
 */
export function connect(Client: typeof Redis, url: string, onNote?: (line: string) => void): Redis {
  if (!/^rediss?:\/\/[^/]/.test(url)) {
    throw new UsageError(`--queue ${url}, expected redis://host:port`);
  }
  const client = new Client(url, {
    // BullMQ's wish, and ours: commands wait for Redis to come back.
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(LONGEST_WAIT_MS, 100 * 2 ** Math.min(attempt, 10)),
  });
  let away = false;
  client.on("error", (error: Error & { code?: string }) => {
    if (away) return;
    away = true;
    onNote?.(`Redis at ${withoutPassword(url)} is away (${error.code ?? error.message}); waiting for it`);
  });
  client.on("ready", () => {
    if (away) onNote?.(`Redis at ${withoutPassword(url)} is back`);
    away = false;
  });
  return client;
}

function withoutPassword(url: string): string {
  const parsed = new URL(url);
  return `${parsed.protocol}//${parsed.host}`;
}
