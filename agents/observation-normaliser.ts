/** Normalised observations are clipped to plus and minus this: early statistics are of a few samples only. */
const CLIP = 10;
const EPSILON = 1e-8;

/**
 * Observations shifted and scaled to mean 0 and variance 1, number by number, by what training has seen so far:
 *
 *   y = clip((x - mean) / sqrt(variance + 1e-8), +-10)
 *
 * with running mean and population variance (Welford, Technometrics 4, 1962). Only `observe` changes them, so whatever
 * does not call it (an evaluation, a recording) sees with the statistics as they stand. Before anything was observed, and
 * for a number that has never changed, x goes through as x - mean.
 */
export class ObservationNormaliser {
  readonly #size: number;
  /** How many were seen, then each number's mean, then each one's sum of squared distances from it. */
  readonly statistics: Float64Array;

  constructor(size: number) {
    this.#size = size;
    this.statistics = new Float64Array(1 + 2 * size);
  }

  /** One observation joins the statistics. */
  observe(observation: ArrayLike<number>): void {
    const size = this.#size;
    const s = this.statistics;
    const count = s[0]! + 1;
    s[0] = count;
    for (let i = 0; i < size; i++) {
      const delta = observation[i]! - s[1 + i]!;
      s[1 + i]! += delta / count;
      s[1 + size + i]! += delta * (observation[i]! - s[1 + i]!);
    }
  }

  /** What an observation is shifted and scaled by, number by number, as the statistics stand. */
  get transform(): { readonly mean: Float64Array; readonly scale: Float64Array; readonly clip: number } {
    const size = this.#size;
    const s = this.statistics;
    const count = Math.max(1, s[0]!);
    const scale = Float64Array.from({ length: size }, (_, i) => {
      const variance = s[1 + size + i]! / count;
      return variance === 0 ? 1 : 1 / Math.sqrt(variance + EPSILON);
    });
    return { mean: s.slice(1, 1 + size), scale, clip: CLIP };
  }

  /** @param windows any number of observations, one after the other @returns a new array */
  normalise(windows: Float32Array): Float32Array {
    const size = this.#size;
    const { mean, scale } = this.transform;
    const out = new Float32Array(windows.length);
    for (let at = 0; at < windows.length; at += size) {
      for (let i = 0; i < size; i++) {
        const y = (windows[at + i]! - mean[i]!) * scale[i]!;
        out[at + i] = Math.max(-CLIP, Math.min(CLIP, y));
      }
    }
    return out;
  }
}
