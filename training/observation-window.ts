/**
 * The latest observations of several episodes side by side, oldest first: [window, batch, observation], as agents take
 * them. At the start of an episode its first observation fills the whole window.
 */
export class ObservationWindow {
  readonly values: Float32Array;
  readonly #window: number;
  readonly #batch: number;
  readonly #size: number;

  constructor(window: number, batch: number, size: number) {
    this.#window = window;
    this.#batch = batch;
    this.#size = size;
    this.values = new Float32Array(window * batch * size);
  }

  /** Episode `lane` starts with this observation. */
  start(observation: Float32Array, lane = 0): void {
    for (let w = 0; w < this.#window; w++)
      this.values.set(observation, (w * this.#batch + lane) * this.#size);
  }

  /** Episode `lane` goes on with this observation. */
  push(observation: Float32Array, lane = 0): void {
    const size = this.#size;
    for (let w = 0; w + 1 < this.#window; w++) {
      const to = (w * this.#batch + lane) * size;
      this.values.copyWithin(to, to + this.#batch * size, to + this.#batch * size + size);
    }
    this.values.set(observation, ((this.#window - 1) * this.#batch + lane) * size);
  }

  /** The windows of some lanes only, put together into `out` [window, lanes, observation]; returns it. */
  gather(lanes: readonly number[], out: Float32Array): Float32Array {
    const size = this.#size;
    for (let w = 0; w < this.#window; w++) {
      for (let k = 0; k < lanes.length; k++) {
        const from = (w * this.#batch + lanes[k]!) * size;
        const to = (w * lanes.length + k) * size;
        for (let i = 0; i < size; i++) out[to + i] = this.values[from + i]!;
      }
    }
    return out;
  }
}

/** Windows first..first + batch - 1 as [window, batch, observation]; the last is repeated where they run out. */
export function sideBySide(
  observations: readonly Float32Array[],
  first: number,
  batch: number,
  window: number,
  size: number,
): Float32Array {
  const out = new Float32Array(window * batch * size);
  for (let b = 0; b < batch; b++) {
    const one = observations[Math.min(first + b, observations.length - 1)]!;
    for (let w = 0; w < window; w++) {
      out.set(one.subarray(w * size, (w + 1) * size), (w * batch + b) * size);
    }
  }
  return out;
}
