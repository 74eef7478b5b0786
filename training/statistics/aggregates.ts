import { ascending, mean } from "./descriptive.ts";

/**
 * One number for many runs. As in rliable (Agarwal et al., Deep reinforcement learning at the edge of the statistical
 * precipice, NeurIPS 2021) the sample is the RUN: give one score for each independently trained run (the mean over its
 * evaluation episodes, say), never the episodes themselves, which share their weights and so say too little anew.
 */

/**
 * The interquartile mean: the mean of what is left after dropping floor(n / 4) values at either end; NaN for no values.
 *
 * This is scipy's trim_mean with 0.25, which rliable uses.
 */
export function interquartileMean(values: readonly number[]): number {
  const cut = Math.floor(values.length / 4);
  return mean(ascending(values).slice(cut, values.length - cut));
}

/**
 * How far scores fall short of `target` on average: target - mean(min(x_i, target)). What lies above the target earns
 * nothing. 0 where every run reaches it; NaN for no values.
 */
export function optimalityGap(values: readonly number[], target: number): number {
  return target - mean(values.map((value) => Math.min(value, target)));
}

/**
 * The conditional value at risk: the mean of the worst (lowest) share `alpha` of the values. Where alpha n is no whole
 * number the value at the edge counts with the share of it that belongs:
 *
 *   CVaR = (x_(1) + ... + x_(k) + (alpha n - k) x_(k+1)) / (alpha n),   k = floor(alpha n)
 *
 * (Rockafellar & Uryasev, Conditional value-at-risk for general loss distributions, Journal of Banking & Finance 26,
 * 2002.) `alpha` 1 is the mean; NaN for no values.
 *
 * @param alpha in (0, 1]
 */
export function conditionalValueAtRisk(values: readonly number[], alpha = 0.5): number {
  if (values.length === 0) return Number.NaN;
  const sorted = ascending(values);
  const weight = alpha * sorted.length;
  const whole = Math.floor(weight);
  let sum = 0;
  for (let i = 0; i < whole; i++) sum += sorted[i]!;
  if (weight > whole) sum += (weight - whole) * sorted[whole]!;
  return sum / weight;
}
