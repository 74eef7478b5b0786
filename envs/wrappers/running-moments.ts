import { type ExactNumbers, loadNumbers, saveNumbers } from "../exact-numbers.ts";

export interface MomentsState {
  readonly mean: ExactNumbers;
  readonly variance: ExactNumbers;
  readonly count: number;
}

/** Weight of the made-up first sample of mean 0 and variance 1 (Gymnasium's `RunningMeanStd`). */
const PRIOR_COUNT = 1e-4;

/**
 * Mean and (population) variance of a stream of vectors, one sample at a time. With delta = x - mean:
 *
 *     mean += delta / (n + 1);   variance = (variance n + delta^2 n / (n + 1)) / (n + 1);   n += 1
 *
 * the parallel formula of Chan, Golub & LeVeque (Updating formulae, 1979) for a second part of one sample.
 */
export class RunningMoments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  #count = PRIOR_COUNT;

  constructor(size: number) {
    this.mean = new Float64Array(size);
    this.variance = new Float64Array(size).fill(1);
  }

  get count(): number {
    return this.#count;
  }

  add(x: ArrayLike<number>): void {
    const n = this.#count;
    const total = n + 1;
    for (let i = 0; i < this.mean.length; i++) {
      const delta = x[i]! - this.mean[i]!;
      this.mean[i] = this.mean[i]! + delta / total;
      this.variance[i] = (this.variance[i]! * n + (delta * delta * n) / total) / total;
    }
    this.#count = total;
  }

  save(): MomentsState {
    return { mean: saveNumbers(this.mean), variance: saveNumbers(this.variance), count: this.#count };
  }

  load({ mean, variance, count }: MomentsState): void {
    this.mean.set(loadNumbers(mean));
    this.variance.set(loadNumbers(variance));
    this.#count = count;
  }
}
