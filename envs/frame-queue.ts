import { type ExactNumbers, loadNumbers, saveNumbers } from "./exact-numbers.ts";

/** The last `length` frames of `size` numbers each, oldest first. */
export class FrameQueue<T extends Float32Array | Float64Array> {
  readonly #size: number;
  readonly #values: T;

  /** @param values [length * size], what it starts with and lives in */
  constructor(size: number, values: T) {
    this.#size = size;
    this.#values = values;
  }

  /** Makes every frame this one. */
  fill(frame: ArrayLike<number>): void {
    for (let at = 0; at < this.#values.length; at += this.#size) this.#values.set(frame, at);
  }

  /** An episode starts with this frame: the ones before it are copies of it, or zeros. */
  start(frame: ArrayLike<number>, padding: "reset" | "zero"): void {
    if (padding === "reset") {
      this.fill(frame);
      return;
    }
    this.#values.fill(0);
    this.push(frame);
  }

  /** Drops the oldest frame and appends this one. */
  push(frame: ArrayLike<number>): void {
    this.#values.copyWithin(0, this.#size);
    this.#values.set(frame, this.#values.length - this.#size);
  }

  /** All frames, copied. */
  all(): T {
    return this.#values.slice() as T;
  }

  /** The oldest frame, copied. */
  oldest(): T {
    return this.#values.slice(0, this.#size) as T;
  }

  /** The oldest frame, into `out` [size]. */
  copyOldest(out: T): void {
    for (let i = 0; i < this.#size; i++) out[i] = this.#values[i]!;
  }

  /** The same newest frames in another memory [length * size]; where it is longer, the oldest is repeated. */
  movedTo(values: T): FrameQueue<T> {
    const moved = new FrameQueue(this.#size, values);
    moved.fill(this.#values.subarray(0, this.#size));
    const kept = this.#values.subarray(Math.max(0, this.#values.length - values.length));
    values.set(kept, values.length - kept.length);
    return moved;
  }

  save(): ExactNumbers {
    return saveNumbers(this.#values);
  }

  load(saved: ExactNumbers): void {
    this.#values.set(loadNumbers(saved));
  }
}
