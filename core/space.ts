import { UsageError } from "./errors.ts";
import type { Rng } from "./rng.ts";

/** The set of values an observation or an action may take. `T` is how a value is held in TypeScript. */
export interface Space<T = unknown> {
  readonly kind: string;
  /** A random member, from the given stream: the same stream state gives the same member. */
  sample(rng: Rng): T;
  /** Whether it is a member: right type, right shape, no NaN, within bounds. Never throws. */
  contains(value: unknown): value is T;
  /** For people, in one line. */
  describe(): string;
  /** For files; core/space-json.ts makes the space again. */
  toJSON(): SpaceJson;
}

/** A space as plain JSON. An unbounded side of a box is null, for JSON has no infinity. */
export type SpaceJson =
  | {
      readonly kind: "box";
      readonly low: readonly (number | null)[];
      readonly high: readonly (number | null)[];
    }
  | { readonly kind: "discrete"; readonly n: number }
  | { readonly kind: "multi-discrete"; readonly counts: readonly number[] }
  | { readonly kind: "dict"; readonly entries: Readonly<Record<string, SpaceJson>> }
  | { readonly kind: "tuple"; readonly members: readonly SpaceJson[] };

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
      if (this.low[i] === Infinity || this.high[i] === -Infinity) {
        throw new UsageError(
          `Box: entry ${i} goes from ${low[i]} to ${high[i]}, expected room for a finite number`,
        );
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

  toJSON(): SpaceJson {
    const bounds = (values: Float32Array) => Array.from(values, (x) => (Number.isFinite(x) ? x : null));
    return { kind: "box", low: bounds(this.low), high: bounds(this.high) };
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

  toJSON(): SpaceJson {
    return { kind: "discrete", n: this.n };
  }
}

/** Several choices at once: entry i is one of the integers 0 ... counts[i] - 1, held as int32. */
export class MultiDiscrete implements Space<Int32Array> {
  readonly kind = "multi-discrete";
  readonly counts: readonly number[];

  constructor(counts: readonly number[]) {
    if (counts.length === 0)
      throw new UsageError("MultiDiscrete: counts is empty, expected at least 1 entry");
    counts.forEach((n, i) => {
      if (Number.isInteger(n) && n >= 1 && n <= LARGEST_COUNT) return;
      throw new UsageError(
        `MultiDiscrete: counts[${i}] is ${n}, expected an integer from 1 to ${LARGEST_COUNT}`,
      );
    });
    this.counts = [...counts];
  }

  get size(): number {
    return this.counts.length;
  }

  sample(rng: Rng): Int32Array {
    return Int32Array.from(this.counts, (n) => rng.integer(n));
  }

  contains(value: unknown): value is Int32Array {
    if (!(value instanceof Int32Array) || value.length !== this.size) return false;
    return value.every((x, i) => x >= 0 && x < this.counts[i]!);
  }

  describe(): string {
    return `MultiDiscrete(${this.counts.join(", ")})`;
  }

  toJSON(): SpaceJson {
    return { kind: "multi-discrete", counts: [...this.counts] };
  }
}

/** So that every choice fits an int32. */
const LARGEST_COUNT = 2 ** 31;
