import type { Rng } from "../../core/rng.ts";
import { ascending, sortedQuantile } from "./descriptive.ts";

/** Scores by stratum: one array for each task (or condition), in it one score a run. None is empty. */
export type Strata = readonly (readonly number[])[];

export type Interval = readonly [low: number, high: number];

export interface BootstrapOptions {
  /** Draws that the interval is read from. */
  readonly resamples?: number;
  /** Probability that the interval should cover. */
  readonly confidence?: number;
  /**
   * Entry i of every stratum is of the same run (one policy under several conditions): a run is then drawn with all it
   * has, for its scores are no independent draws. Strata of different lengths are drawn each on its own.
   */
  readonly together?: boolean;
}

/** A number and how sure it is. */
export interface Estimate {
  readonly value: number;
  /** 95 % interval. */
  readonly ci95: Interval;
}

/**
 * As many scores of each stratum as it has, drawn from it with replacement.
 *
 * @param together the same entries of every stratum, where they are equally long
 */
export function resample(strata: Strata, rng: Rng, together = false): number[][] {
  const runs = strata[0]?.length ?? 0;
  if (together && strata.every((stratum) => stratum.length === runs)) {
    const drawn = Array.from({ length: runs }, () => rng.integer(runs));
    return strata.map((stratum) => drawn.map((run) => stratum[run]!));
  }
  return strata.map((stratum) => stratum.map(() => stratum[rng.integer(stratum.length)]!));
}

/**
 * A stratified percentile bootstrap interval: each stratum (a task, a run) is resampled with replacement on its own,
 * the statistic is taken of all together, and the interval cuts (1 - confidence) / 2 off both ends of the draws.
 *
 * @param strata one stratum or more, none empty
 * @param rng draws the resamples; the same stream gives the same interval
 */
export function bootstrapInterval(
  strata: Strata,
  statistic: (values: readonly number[]) => number,
  rng: Rng,
  options: BootstrapOptions = {},
): Interval {
  return bootstrapBand(() => [statistic(resample(strata, rng, options.together).flat())], options)[0]!;
}

/**
 * Percentile intervals of several numbers that are drawn together, each on its own (pointwise).
 *
 * @param draw the numbers of one resample, always as many
 */
export function bootstrapBand(
  draw: () => readonly number[],
  { resamples = 2000, confidence = 0.95 }: BootstrapOptions = {},
): Interval[] {
  const draws = Array.from({ length: resamples }, draw);
  const tail = (1 - confidence) / 2;
  return (draws[0] ?? []).map((_, at) => {
    const sorted = ascending(draws.map((numbers) => numbers[at]!));
    return [sortedQuantile(sorted, tail), sortedQuantile(sorted, 1 - tail)];
  });
}

/** A statistic of all scores with its 95 % interval, stratified. */
export function estimate(
  strata: Strata,
  statistic: (values: readonly number[]) => number,
  rng: Rng,
  options: Omit<BootstrapOptions, "confidence"> = {},
): Estimate {
  return { value: statistic(strata.flat()), ci95: bootstrapInterval(strata, statistic, rng, options) };
}
