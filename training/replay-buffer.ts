import type { TransitionBatch } from "../agents/experience.ts";
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
  /** Environments that take turns: a transition's next one of the same episode stands so many places on. 1 where absent. */
  readonly lanes?: number;
  /** Numbers that the policy carries from decision to decision; 0 where absent. */
  readonly memorySize?: number;
}

/** What is drawn from a replay buffer. */
export interface SampleShape {
  readonly batch: number;
  /** Steps learnt from, and steps before them. */
  readonly steps: number;
  readonly burnIn: number;
  /** Rewards summed before the bootstrap, and the discount of each. */
  readonly nStep: number;
  readonly gamma: number;
}

/** One step of one environment, as it is stored. The arrays are copied. */
export interface Transition {
  readonly observation: Float32Array;
  readonly action: Float32Array;
  readonly reward: number;
  readonly nextObservation: Float32Array;
  /** The task ended here (not: time ran out). */
  readonly terminated: boolean;
  /** The episode ended here, for whatever reason. */
  readonly ended: boolean;
  /** Steps since the first of its episode. */
  readonly age: number;
  /** What the policy carried into its decision; may be absent where it carries nothing. */
  readonly memory?: Float32Array;
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
 * observation is repeated, as at the start of an episode), and never into what has been overwritten. Sums of several
 * rewards end where an episode ends or the newest transition is reached. Memory grows by doubling up to the capacity.
 */
export class ReplayBuffer {
  readonly shape: Required<ReplayBufferShape>;
  #allocated: number;
  #observation: Float32Array;
  #nextObservation: Float32Array;
  #action: Float32Array;
  #reward: Float32Array;
  #terminated: Float32Array;
  #ended: Float32Array;
  /** Steps since the episode's first, at most window - 1 (or 1): further back no window reaches. */
  #age: Float32Array;
  #memory: Float32Array;
  #size = 0;
  #cursor = 0;

  constructor(shape: ReplayBufferShape) {
    if (!(shape.capacity >= shape.window)) {
      throw new UsageError(
        `replay buffer: capacity is ${shape.capacity}, expected at least the window of ${shape.window}`,
      );
    }
    this.shape = { lanes: 1, memorySize: 0, ...shape };
    const { observationSize, actionSize, memorySize, capacity } = this.shape;
    this.#allocated = Math.min(capacity, INITIAL_CAPACITY);
    const column = (width: number) => new Float32Array(this.#allocated * width);
    this.#observation = column(observationSize);
    this.#nextObservation = column(observationSize);
    this.#action = column(actionSize);
    this.#reward = column(1);
    this.#terminated = column(1);
    this.#ended = column(1);
    this.#age = column(1);
    this.#memory = column(memorySize);
  }

  /** Transitions held. */
  get size(): number {
    return this.#size;
  }

  /** Stores one transition. With several lanes these come in turns: lane 0, 1, ..., 0, 1, ... */
  add(transition: Transition): void {
    const { observation, action, nextObservation, memory } = transition;
    const { observationSize, actionSize, memorySize, capacity, window } = this.shape;
    if (observation.length !== observationSize || nextObservation.length !== observationSize) {
      throw new ShapeError("replay buffer: observation", [observation.length], `[${observationSize}]`);
    }
    if (action.length !== actionSize)
      throw new ShapeError("replay buffer: action", [action.length], `[${actionSize}]`);
    if ((memory?.length ?? 0) !== memorySize)
      throw new ShapeError("replay buffer: memory", [memory?.length ?? 0], `[${memorySize}]`);
    if (this.#cursor >= this.#allocated) this.#grow();
    const i = this.#cursor;
    this.#observation.set(observation, i * observationSize);
    this.#nextObservation.set(nextObservation, i * observationSize);
    this.#action.set(action, i * actionSize);
    this.#reward[i] = transition.reward;
    this.#terminated[i] = transition.terminated ? 1 : 0;
    this.#ended[i] = transition.ended ? 1 : 0;
    this.#age[i] = Math.min(transition.age, Math.max(1, window - 1));
    if (memory !== undefined) this.#memory.set(memory, i * memorySize);
    this.#cursor = i + 1 === capacity ? 0 : i + 1;
    this.#size = Math.min(this.#size + 1, capacity);
  }

  /** A batch to hand to `sample`, again and again. */
  allocateBatch({ batch, steps, burnIn, nStep }: SampleShape): TransitionBatch {
    const { observationSize, actionSize, window, memorySize } = this.shape;
    // A policy without memory needs nothing of what lies between a step and the value n steps later.
    const ahead = memorySize > 0 ? nStep - 1 : 0;
    const seen = burnIn + steps + ahead;
    return {
      batch,
      steps,
      burnIn,
      observation: new Float32Array(seen * window * batch * observationSize),
      nextObservation: new Float32Array(steps * window * batch * observationSize),
      action: new Float32Array(steps * batch * actionSize),
      reward: new Float32Array(steps * batch),
      discount: new Float32Array(steps * batch),
      memory: new Float32Array(batch * memorySize),
      starts: new Float32Array(seen * batch),
      ...(ahead === 0 ? {} : { lookAhead: { steps: ahead, hops: new Float32Array(steps * batch) } }),
    };
  }

  /** Whether there is a whole sequence of so many steps. */
  holds(steps: number): boolean {
    return this.#size > (steps - 1) * this.shape.lanes;
  }

  /** Fills `out` with sequences (single transitions, where it has one step) drawn uniformly with replacement. */
  sample(rng: Rng, out: TransitionBatch, { nStep, gamma }: Pick<SampleShape, "nStep" | "gamma">): void {
    const { actionSize, memorySize, capacity, lanes } = this.shape;
    const { batch, steps, burnIn, lookAhead } = out;
    const length = burnIn + steps;
    const ahead = lookAhead?.steps ?? 0;
    if (!this.holds(length)) {
      throw new UsageError(
        `replay buffer: ${this.#size} transitions, expected at least ${(length - 1) * lanes + 1} to sample ${length} in a row; add transitions first`,
      );
    }
    // Once the ring has wrapped, the oldest transition is the one the cursor is about to overwrite.
    const oldest = this.#size < capacity ? 0 : this.#cursor;
    for (let b = 0; b < batch; b++) {
      const first = rng.integer(this.#size - (length - 1) * lanes);
      const start = (oldest + first) % capacity;
      copy(this.#memory, start * memorySize, out.memory, b * memorySize, memorySize);
      for (let s = 0; s < length + ahead; s++) {
        // Beyond the newest transition no value is looked up: what stands there does not matter.
        const offset = s < length ? first + s * lanes : this.#within(first + s * lanes);
        const i = (oldest + offset) % capacity;
        this.#window(i, offset, out.observation, s, b, batch);
        out.starts[s * batch + b] = this.#age[i] === 0 ? 1 : 0;
        if (s < burnIn || s >= length) continue;
        const row = (s - burnIn) * batch + b;
        copy(this.#action, i * actionSize, out.action, row * actionSize, actionSize);
        // Rewards up to the n-th, the end of the episode or the newest transition.
        let last = offset;
        let weight = gamma;
        let reward = this.#reward[i]!;
        for (let n = 1; n < nStep; n++) {
          if (this.#ended[(oldest + last) % capacity] === 1 || last + lanes >= this.#size) break;
          last += lanes;
          reward += weight * this.#reward[(oldest + last) % capacity]!;
          weight *= gamma;
        }
        const j = (oldest + last) % capacity;
        this.#nextWindow(j, last, out.nextObservation, s - burnIn, b, batch);
        out.reward[row] = reward;
        out.discount[row] = this.#terminated[j] === 1 ? 0 : weight;
        if (lookAhead !== undefined) lookAhead.hops[row] = (last - offset) / lanes + 1;
      }
    }
  }

  /** An offset, or that of the newest transition of its lane where there is none so far on. */
  #within(offset: number): number {
    const { lanes } = this.shape;
    const beyond = offset - (this.#size - 1);
    return beyond <= 0 ? offset : offset - Math.ceil(beyond / lanes) * lanes;
  }

  /** The window whose newest observation is that of transition `i`, `offset` places from the oldest. */
  #window(i: number, offset: number, out: Float32Array, step: number, b: number, batch: number): void {
    const { observationSize, window, capacity, lanes } = this.shape;
    // How far the window may reach back: to the episode's start, and not beyond the oldest transition.
    const reach = Math.min(this.#age[i]!, Math.floor(offset / lanes));
    for (let w = 0; w < window; w++) {
      const back = Math.min(window - 1 - w, reach) * lanes;
      const from = i - back < 0 ? i - back + capacity : i - back;
      const at = ((step * window + w) * batch + b) * observationSize;
      copy(this.#observation, from * observationSize, out, at, observationSize);
    }
  }

  /** The window one step after transition `j`: it moves on by one, its newest is the next observation. */
  #nextWindow(j: number, offset: number, out: Float32Array, step: number, b: number, batch: number): void {
    const { observationSize, window, capacity, lanes } = this.shape;
    const reach = Math.min(this.#age[j]!, Math.floor(offset / lanes));
    for (let w = 0; w + 1 < window; w++) {
      const back = Math.min(window - 2 - w, reach) * lanes;
      const from = j - back < 0 ? j - back + capacity : j - back;
      const at = ((step * window + w) * batch + b) * observationSize;
      copy(this.#observation, from * observationSize, out, at, observationSize);
    }
    const at = ((step * window + window - 1) * batch + b) * observationSize;
    copy(this.#nextObservation, j * observationSize, out, at, observationSize);
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
      ["ended", this.#ended, 1],
      ["age", this.#age, 1],
      ...(this.shape.memorySize === 0
        ? []
        : [["memory", this.#memory, this.shape.memorySize] as [string, Float32Array, number]]),
    ];
  }

  #grow(): void {
    const { observationSize, actionSize, memorySize, capacity } = this.shape;
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
    this.#ended = larger(this.#ended, 1);
    this.#age = larger(this.#age, 1);
    this.#memory = larger(this.#memory, memorySize);
  }
}

/** A loop, because a subarray a copy would allocate three objects a sample. */
function copy(from: Float32Array, start: number, to: Float32Array, at: number, count: number): void {
  for (let k = 0; k < count; k++) to[at + k] = from[start + k]!;
}
