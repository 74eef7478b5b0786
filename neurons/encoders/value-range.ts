import type { Tensor3D } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { UsageError } from "../../core/errors.ts";
import { Rng } from "../../core/rng.ts";
import { storage } from "../../kernels/load.ts";

/** The range an encoder spreads over its spikes; values outside count as its ends. */
export const valueRange = {
  low: z.number().default(-1).describe("value shown as the least"),
  high: z.number().default(1).describe("value shown as the most"),
};

export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

/** Refuses an empty or reversed range. */
export function checkRange(encoder: string, { low, high }: ValueRange): void {
  if (high <= low) {
    throw new UsageError(`encoder "${encoder}": "high" is ${high}, expected more than "low" (${low})`);
  }
}

/** Where x lies in the range: 0 at its low end and below, 1 at its high end and above. */
export function shareOf(x: number, { low, high }: ValueRange): number {
  return Math.min(1, Math.max(0, (x - low) / (high - low)));
}

/** The newest observation of a window, [batch, observation] flat: a view. */
export function newestOf(window: Tensor3D): Float32Array {
  const [steps, batch, size] = window.shape;
  return storage(window).subarray((steps - 1) * batch * size, steps * batch * size);
}

/**
 * U[0, 1) numbers for [ticks, batch, size] spikes. Without a stream every row and every call is given the same ones.
 */
export function spikeDice(encoder: string, ticks: number, batch: number, size: number, rng?: Rng | null) {
  const fresh = rng !== undefined && rng !== null;
  const dice = new Float32Array(ticks * (fresh ? batch : 1) * size);
  (fresh ? rng : new Rng(`encoder/${encoder}`)).fillUniform(dice);
  return fresh
    ? (tick: number, row: number, i: number) => dice[(tick * batch + row) * size + i]!
    : (tick: number, _row: number, i: number) => dice[tick * size + i]!;
}
