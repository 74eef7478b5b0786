import { UsageError } from "./errors.ts";
import type { Rng } from "./rng.ts";

/** The set of values an observation or an action may take. `T` is how a value is held in TypeScript. */
export interface Space<T = unknown> {
  readonly kind: string;
  /** A random member, from the given stream. */
  sample(rng: Rng): T;
  contains(value: unknown): value is T;
  describe(): string;
}

/** A box in R^n: `low[i] <= x[i] <= high[i]`, float32, bounds may be infinite. */
export class Box implements Space<Float32Array> {
  readonly kind = "box";
  readonly low: Float32Array;
  readonly high: Float32Array;

  constructor(low: ArrayLike<number>, high: ArrayLike<number>) {
    if (low.length !== high.length || low.length === 0) {
      throw new UsageError(
        `Box: low has ${low.length} entries and high ${high.length}, expected the same, at least 1`,
      );
    }
    this.low = Float32Array.from(low);
    this.high = Float32Array.from(high);
    for (let i = 0; i < low.length; i++) {
      if (!(this.low[i]! <= this.high[i]!)) {
        throw new UsageError(`Box: low[${i}] is ${low[i]}, expected at most high[${i}] = ${high[i]}`);
      }
    }
  }

  get size(): number {
    return this.low.length;
  }

  /** Uniform where both bounds are finite, shifted exponential where one is, N(0, 1) where none is (as Gymnasium). */
  sample(rng: Rng): Float32Array {
    const out = new Float32Array(this.size);
    for (let i = 0; i < this.size; i++) {
      const low = this.low[i]!;
      const high = this.high[i]!;
      if (Number.isFinite(low) && Number.isFinite(high)) out[i] = rng.uniform(low, high);
      else if (Number.isFinite(low)) out[i] = low - Math.log(1 - rng.uniform());
      else if (Number.isFinite(high)) out[i] = high + Math.log(1 - rng.uniform());
      else out[i] = rng.normal();
    }
    return out;
  }

  contains(value: unknown): value is Float32Array {
    if (!(value instanceof Float32Array) || value.length !== this.size) return false;
    return value.every((x, i) => x >= this.low[i]! && x <= this.high[i]!);
  }

  describe(): string {
    return `Box(${this.size})`;
  }
}

/** The integers 0 ... n - 1. */
export class Discrete implements Space<number> {
  readonly kind = "discrete";
  readonly n: number;

  constructor(n: number) {
    if (!Number.isInteger(n) || n < 1)
      throw new UsageError(`Discrete: n is ${n}, expected an integer of at least 1`);
    this.n = n;
  }

  sample(rng: Rng): number {
    return rng.integer(this.n);
  }

  contains(value: unknown): value is number {
    return Number.isInteger(value) && (value as number) >= 0 && (value as number) < this.n;
  }

  describe(): string {
    return `Discrete(${this.n})`;
  }
}
