import type { TransitionBatch } from "../agents/algorithm.ts";
import { FileError, ShapeError, UsageError } from "../core/errors.ts";
import type { Rng } from "../core/rng.ts";

/** Sizes of a replay buffer. */
export interface ReplayBufferShape {
  readonly observationSize: number;
  readonly actionSize: number;
  /** Latest observations that make one sample's window. */
  readonly window: number;
  /** Transitions kept at most; the oldest give way. */
  readonly capacity: number;
}

/** The arrays of a buffer's content, for a checkpoint. */
export interface ReplayBufferSnapshot {
  readonly arrays: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly values: Float32Array }>
  >;
  readonly state: { readonly size: number; readonly cursor: number };
}

const INITIAL_CAPACITY = 4096;

/**
 * What an off-policy algorithm learns from: the latest `capacity` transitions, sampled uniformly with replacement.
 *
 * Each observation is stored once a transition with its place in its episode, and the window of the latest ones is put
 * together when a sample is drawn. A window reaches back to the start of its episode at most (then its first
 * observation is repeated, as at the start of an episode), and never into what has been overwritten. Memory grows by
 * doubling up to the capacity.
 */
export class ReplayBuffer {
  readonly shape: ReplayBufferShape;
  #allocated: number;
  #observation: Float32Array;
  #nextObservation: Float32Array;
  #action: Float32Array;
  #reward: Float32Array;
  #terminated: Float32Array;
  /** Steps since the episode's first, at most window - 1: further back no window reaches. */
  #age: Float32Array;
  #size = 0;
  #cursor = 0;

  constructor(shape: ReplayBufferShape) {
    if (!(shape.capacity >= shape.window)) {
      throw new UsageError(
        `replay buffer: capacity is ${shape.capacity}, expected at least the window of ${shape.window}`,
      );
    }
    this.shape = shape;
    this.#allocated = Math.min(shape.capacity, INITIAL_CAPACITY);
    this.#observation = new Float32Array(this.#allocated * shape.observationSize);
    this.#nextObservation = new Float32Array(this.#allocated * shape.observationSize);
    this.#action = new Float32Array(this.#allocated * shape.actionSize);
    this.#reward = new Float32Array(this.#allocated);
    this.#terminated = new Float32Array(this.#allocated);
    this.#age = new Float32Array(this.#allocated);
  }

  /** Transitions held. */
  get size(): number {
    return this.#size;
  }

  /**
   * Stores one transition; the arrays are copied.
   *
   * @param age steps since the first of its episode
   * @param terminated the task ended here (not: time ran out)
   */
  add(
    observation: Float32Array,
    action: Float32Array,
    reward: number,
    nextObservation: Float32Array,
    terminated: boolean,
    age: number,
  ): void {
    const { observationSize, actionSize, capacity, window } = this.shape;
    if (observation.length !== observationSize || nextObservation.length !== observationSize) {
      throw new ShapeError("replay buffer: observation", [observation.length], `[${observationSize}]`);
    }
    if (action.length !== actionSize)
      throw new ShapeError("replay buffer: action", [action.length], `[${actionSize}]`);
    if (this.#cursor >= this.#allocated) this.#grow();
    const i = this.#cursor;
    this.#observation.set(observation, i * observationSize);
    this.#nextObservation.set(nextObservation, i * observationSize);
    this.#action.set(action, i * actionSize);
    this.#reward[i] = reward;
    this.#terminated[i] = terminated ? 1 : 0;
    this.#age[i] = Math.min(age, window - 1);
    this.#cursor = i + 1 === capacity ? 0 : i + 1;
    this.#size = Math.min(this.#size + 1, capacity);
  }

  /** A batch to hand to `sample`, again and again. */
  allocateBatch(batch: number): TransitionBatch {
    const { observationSize, actionSize, window } = this.shape;
    return {
      batch,
      observation: new Float32Array(window * batch * observationSize),
      nextObservation: new Float32Array(window * batch * observationSize),
      action: new Float32Array(batch * actionSize),
      reward: new Float32Array(batch),
      terminated: new Float32Array(batch),
    };
  }

  /** Fills `out` with transitions drawn uniformly with replacement. */
  sample(rng: Rng, out: TransitionBatch): void {
    if (this.#size === 0) throw new UsageError("replay buffer: sampled while empty; add transitions first");
    const { observationSize, actionSize, window, capacity } = this.shape;
    const { batch } = out;
    // Once the ring has wrapped, the oldest transition is the one the cursor is about to overwrite.
    const oldest = this.#size < capacity ? 0 : this.#cursor;
    for (let b = 0; b < batch; b++) {
      const offset = rng.integer(this.#size);
      const i = (oldest + offset) % capacity;
      // How far the window may reach back: to the episode's start, and not beyond the oldest transition.
      const reach = Math.min(this.#age[i]!, offset);
      for (let w = 0; w < window; w++) {
        const back = Math.min(window - 1 - w, reach);
        const from = i - back < 0 ? i - back + capacity : i - back;
        const at = (w * batch + b) * observationSize;
        copy(this.#observation, from * observationSize, out.observation, at, observationSize);
        // One step later: the window moves on by one, its newest is the next observation.
        if (w > 0)
          copy(
            this.#observation,
            from * observationSize,
            out.nextObservation,
            at - batch * observationSize,
            observationSize,
          );
      }
      const last = ((window - 1) * batch + b) * observationSize;
      copy(this.#nextObservation, i * observationSize, out.nextObservation, last, observationSize);
      copy(this.#action, i * actionSize, out.action, b * actionSize, actionSize);
      out.reward[b] = this.#reward[i]!;
      out.terminated[b] = this.#terminated[i]!;
    }
  }

  /** The content, copied. */
  snapshot(): ReplayBufferSnapshot {
    const arrays = Object.fromEntries(
      this.#columns().map(([name, values, width]) => [
        name,
        { shape: [this.#size, width], values: values.slice(0, this.#size * width) },
      ]),
    );
    return { arrays, state: { size: this.#size, cursor: this.#cursor } };
  }

  /** Puts a snapshot back. Throws a FileError when it is of a buffer of another shape. */
  restore({ arrays, state }: ReplayBufferSnapshot): void {
    const { size, cursor } = state;
    if (size > this.shape.capacity || cursor > this.shape.capacity) {
      throw new FileError(
        `replay buffer: ${size} transitions are stored, expected at most ${this.shape.capacity}`,
      );
    }
    while (this.#allocated < size) this.#grow();
    for (const [name, values, width] of this.#columns()) {
      const stored = arrays[name]?.values;
      if (stored?.length !== size * width) {
        throw new FileError(
          `replay buffer: "${name}" has ${stored?.length ?? 0} numbers, expected ${size} x ${width}`,
        );
      }
      values.set(stored);
    }
    this.#size = size;
    this.#cursor = cursor;
  }

  #columns(): [name: string, values: Float32Array, width: number][] {
    const { observationSize, actionSize } = this.shape;
    return [
      ["observation", this.#observation, observationSize],
      ["nextObservation", this.#nextObservation, observationSize],
      ["action", this.#action, actionSize],
      ["reward", this.#reward, 1],
      ["terminated", this.#terminated, 1],
      ["age", this.#age, 1],
    ];
  }

  #grow(): void {
    const { observationSize, actionSize, capacity } = this.shape;
    this.#allocated = Math.min(capacity, this.#allocated * 2);
    const larger = (old: Float32Array, width: number) => {
      const values = new Float32Array(this.#allocated * width);
      values.set(old);
      return values;
    };
    this.#observation = larger(this.#observation, observationSize);
    this.#nextObservation = larger(this.#nextObservation, observationSize);
    this.#action = larger(this.#action, actionSize);
    this.#reward = larger(this.#reward, 1);
    this.#terminated = larger(this.#terminated, 1);
    this.#age = larger(this.#age, 1);
  }
}

/** A loop, because a subarray a copy would allocate three objects a sample. */
function copy(from: Float32Array, start: number, to: Float32Array, at: number, count: number): void {
  for (let k = 0; k < count; k++) to[at + k] = from[start + k]!;
}
