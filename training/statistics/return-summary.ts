import type { Rng } from "../../core/rng.ts";
import { interquartileMean } from "./aggregates.ts";
import { bootstrapInterval, type Interval } from "./bootstrap.ts";
import { mean, median, standardDeviation } from "./descriptive.ts";

/** What an evaluation of ONE policy says of the returns of its episodes. */
export interface ReturnSummary {
  readonly mean: number;
  /** NaN (null in JSON) for a single episode. */
  readonly std: number;
  readonly iqm: number;
  readonly median: number;
  /** 95 % bootstrap interval of the mean. */
  readonly ci95: Interval;
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
