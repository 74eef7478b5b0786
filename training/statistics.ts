import type { Rng } from "../core/rng.ts";

/** Summaries of scores. Every function takes any order of finite numbers and leaves its argument as it is. */

/** Sum x_i / n; NaN for no values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sample standard deviation, sqrt(sum (x_i - mean)^2 / (n - 1)); NaN for fewer than two values. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return Number.NaN;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** The middle value, or the mean of the two middle ones; NaN for no values. */
export function median(values: readonly number[]): number {
  return quantile(sort(values), 0.5);
}

/**
 * The interquartile mean: the mean of what is left after dropping floor(n / 4) values at either end; NaN for no values.
 *
 * As rliable has it (Agarwal et al., Deep reinforcement learning at the edge of the statistical precipice, NeurIPS
 * 2021), which is scipy's trim_mean with 0.25.
 */
export function interquartileMean(values: readonly number[]): number {
  const cut = Math.floor(values.length / 4);
  return mean(sort(values).slice(cut, values.length - cut));
}

export interface BootstrapOptions {
  /** Draws that the interval is read from. */
  readonly resamples?: number;
  /** Probability that the interval should cover. */
  readonly confidence?: number;
}

/**
 * A stratified percentile bootstrap interval: each stratum (a task, a run) is resampled with replacement on its own,
 * the statistic is taken of all together, and the interval cuts (1 - confidence) / 2 off both ends of the draws.
 *
 * @param strata one stratum or more, none empty
 * @param rng draws the resamples; the same stream gives the same interval
 */
export function bootstrapInterval(
  strata: readonly (readonly number[])[],
  statistic: (values: readonly number[]) => number,
  rng: Rng,
  { resamples = 2000, confidence = 0.95 }: BootstrapOptions = {},
): [low: number, high: number] {
  const draws: number[] = [];
  for (let r = 0; r < resamples; r++) {
    draws.push(
      statistic(strata.flatMap((stratum) => stratum.map(() => stratum[rng.integer(stratum.length)]!))),
    );
  }
  const sorted = sort(draws);
  const tail = (1 - confidence) / 2;
  return [quantile(sorted, tail), quantile(sorted, 1 - tail)];
}

/** What an evaluation says of the returns of its episodes. */
export interface ReturnSummary {
  readonly mean: number;
  /** NaN (null in JSON) for a single episode. */
  readonly std: number;
  readonly iqm: number;
  readonly median: number;
  /** 95 % bootstrap interval of the mean. */
  readonly ci95: readonly [low: number, high: number];
  /** Share of episodes that reach the threshold. */
  readonly solvedShare: number;
}

/**
 * @param returns at least one
 * @param threshold return of a solved episode
 */
export function summariseReturns(returns: readonly number[], threshold: number, rng: Rng): ReturnSummary {
  return {
    mean: mean(returns),
    std: standardDeviation(returns),
    iqm: interquartileMean(returns),
    median: median(returns),
    ci95: bootstrapInterval([returns], mean, rng),
    solvedShare: returns.filter((value) => value >= threshold).length / returns.length,
  };
}

function sort(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

/** The p-quantile with linear interpolation between order statistics (numpy's default); NaN for no values. */
function quantile(sorted: readonly number[], p: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (at - below) * (high - low);
}
