import type { Rng } from "../../core/rng.ts";
import { type BootstrapOptions, bootstrapBand, type Interval, resample, type Strata } from "./bootstrap.ts";

/** The share of runs above each threshold. */
export interface PerformanceProfile {
  readonly thresholds: readonly number[];
  /** At each threshold, in [0, 1], never rising. */
  readonly share: readonly number[];
  /** Pointwise 95 % intervals. */
  readonly ci95: readonly Interval[];
}

/**
 * The run-score distribution F(tau) = mean over tasks of the share of runs whose score is above tau (Agarwal et al.
 * 2021; Dolan & Moré, Benchmarking optimization software with performance profiles, Mathematical Programming 91, 2002),
 * with a stratified bootstrap band. A curve that is nowhere below another belongs to the better agent in every quantile.
 *
 * @param strata scores by task, one a run
 * @param thresholds where to read it
 */
export function performanceProfile(
  strata: Strata,
  thresholds: readonly number[],
  rng: Rng,
  options: Omit<BootstrapOptions, "confidence"> = {},
): PerformanceProfile {
  return {
    thresholds,
    share: sharesAbove(strata, thresholds),
    ci95: bootstrapBand(() => sharesAbove(resample(strata, rng, options.together), thresholds), options),
  };
}

function sharesAbove(strata: Strata, thresholds: readonly number[]): number[] {
  return thresholds.map(
    (threshold) =>
      strata.reduce(
        (sum, stratum) => sum + stratum.filter((score) => score > threshold).length / stratum.length,
        0,
      ) / strata.length,
  );
}
