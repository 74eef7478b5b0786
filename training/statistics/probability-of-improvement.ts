import { UsageError } from "../../core/errors.ts";
import type { Rng } from "../../core/rng.ts";
import { type BootstrapOptions, bootstrapBand, type Estimate, resample, type Strata } from "./bootstrap.ts";

/**
 * How likely a run of X scores higher than a run of Y on a task drawn at random (Agarwal et al. 2021), ties counting
 * half: the mean over tasks of the Mann-Whitney statistic
 *
 *   P(X > Y) = 1 / (N K) sum_i sum_j s(x_i, y_j),   s = 1 if x > y, 1/2 if x = y, 0 otherwise
 *
 * @param x scores by task, one a run
 * @param y of the same tasks in the same order
 * @throws UsageError when the numbers of tasks differ
 */
export function probabilityOfImprovement(
  x: Strata,
  y: Strata,
  rng: Rng,
  options: Omit<BootstrapOptions, "confidence"> = {},
): Estimate {
  if (x.length !== y.length) {
    throw new UsageError(
      `probability of improvement: ${x.length} tasks against ${y.length}, expected the same tasks for both`,
    );
  }
  return {
    value: meanOverTasks(x, y),
    ci95: bootstrapBand(
      () => [meanOverTasks(resample(x, rng, options.together), resample(y, rng, options.together))],
      options,
    )[0]!,
  };
}

function meanOverTasks(x: Strata, y: Strata): number {
  return x.reduce((sum, scores, task) => sum + mannWhitney(scores, y[task]!), 0) / x.length;
}

function mannWhitney(x: readonly number[], y: readonly number[]): number {
  let wins = 0;
  for (const a of x) for (const b of y) wins += a > b ? 1 : a === b ? 0.5 : 0;
  return wins / (x.length * y.length);
}
