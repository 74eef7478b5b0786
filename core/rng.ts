import seedrandom from "seedrandom";

/** The whole state of a stream; plain JSON, part of every checkpoint. */
export interface RngState {
  readonly alea: { c: number; s0: number; s1: number; s2: number };
  /** The second half of the last pair of normal deviates, if not handed out yet. */
  readonly spareNormal: number | null;
}

/**
 * A seeded, named random stream (Alea, from seedrandom).
 *
 * `split` derives an independent stream from the NAME, not from how much of the parent has been consumed, so a new
 * consumer never shifts the numbers the others see.
 */
export class Rng {
  readonly name: string;
  #alea: seedrandom.StatefulPRNG<seedrandom.State.Alea>;
  #spareNormal: number | null = null;

  constructor(seed: number | string) {
    this.name = String(seed);
    this.#alea = seedrandom.alea(this.name, { state: true });
  }

  /** The stream called `<this name>/<name>`. */
  split(name: string): Rng {
    return new Rng(`${this.name}/${name}`);
  }

  /** U[low, high), 32 random bits. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * this.#alea();
  }

  /** An integer in [0, n). */
  integer(n: number): number {
    return Math.floor(this.#alea() * n);
  }

  /** N(0, 1) by Marsaglia's polar method (Marsaglia & Bray, SIAM Review 6, 1964). */
  normal(): number {
    if (this.#spareNormal !== null) {
      const spare = this.#spareNormal;
      this.#spareNormal = null;
      return spare;
    }
    for (;;) {
      const u = 2 * this.#alea() - 1;
      const v = 2 * this.#alea() - 1;
      const r = u * u + v * v;
      if (r > 0 && r < 1) {
        const scale = Math.sqrt((-2 * Math.log(r)) / r);
        this.#spareNormal = v * scale;
        return u * scale;
      }
    }
  }

  fillUniform(out: Float32Array | Float64Array, low = 0, high = 1): void {
    for (let i = 0; i < out.length; i++) out[i] = this.uniform(low, high);
  }

  fillNormal(out: Float32Array | Float64Array, mean = 0, std = 1): void {
    for (let i = 0; i < out.length; i++) out[i] = mean + std * this.normal();
  }

  snapshot(): RngState {
    return { alea: { ...this.#alea.state() }, spareNormal: this.#spareNormal };
  }

  restore(state: RngState): void {
    this.#alea = seedrandom.alea("", { state: { ...state.alea } });
    this.#spareNormal = state.spareNormal;
  }
}
