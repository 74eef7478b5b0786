import { UsageError } from "../../core/errors.ts";
import type { Trial } from "./trial.ts";

/** One part of a sweep, for one job of several. */
export interface Shard {
  /** 0 to count - 1. */
  readonly index: number;
  readonly count: number;
}

export const WHOLE: Shard = { index: 0, count: 1 };

/** Reads `i/N` with 0 <= i < N, as job arrays number their jobs. @throws UsageError for anything else */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (!(shard.index < shard.count)) {
    throw new UsageError(`--shard ${text}, expected i/N with i from 0 to N - 1, e.g. 0/4 to 3/4`);
  }
  return shard;
}

/** A training trial and its evaluations lie in the same shard. */
export function isIn(trial: Trial, { index, count }: Shard): boolean {
  return trial.root % count === index;
}
