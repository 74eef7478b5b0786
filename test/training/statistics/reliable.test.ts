import { describe, expect, it } from "vitest";
import { UsageError } from "../../../core/errors.ts";
import { Rng } from "../../../core/rng.ts";
import {
  conditionalValueAtRisk,
  interquartileMean,
  optimalityGap,
} from "../../../training/statistics/aggregates.ts";
import { estimate, resample } from "../../../training/statistics/bootstrap.ts";
import { mean, quantile } from "../../../training/statistics/descriptive.ts";
import { performanceProfile } from "../../../training/statistics/performance-profile.ts";
import { probabilityOfImprovement } from "../../../training/statistics/probability-of-improvement.ts";

describe("aggregates, by hand", () => {
  it("the optimality gap counts nothing above the target", () => {
    // min(x, 1): 0.5, 1, 1, 0 -> mean 0.625.
    expect(optimalityGap([0.5, 1, 7, 0], 1)).toBeCloseTo(0.375, 14);
    expect(optimalityGap([2, 3], 1)).toBe(0);
    expect(optimalityGap([], 1)).toBeNaN();
  });

  it("CVaR 0.5 is the mean of the worse half, the middle one of an odd number counting half", () => {
    expect(conditionalValueAtRisk([4, 1, 3, 2])).toBe(1.5);
    // alpha n = 2.5: (1 + 2 + 0.5 * 3) / 2.5.
    expect(conditionalValueAtRisk([5, 4, 3, 2, 1])).toBeCloseTo(1.8, 14);
    expect(conditionalValueAtRisk([5, 4, 3, 2, 1], 1)).toBe(3);
    // alpha n = 0.5: only the worst one.
    expect(conditionalValueAtRisk([5, 4, 3, 2, 1], 0.1)).toBe(1);
    expect(conditionalValueAtRisk([])).toBeNaN();
  });

  it("quantiles interpolate between order statistics", () => {
    expect(quantile([10, 20, 30, 40], 0.25)).toBe(17.5);
    expect(quantile([40, 10], 0)).toBe(10);
    expect(quantile([40, 10], 1)).toBe(40);
  });
});

describe("stratified bootstrap", () => {
  it("draws each stratum from itself, as many as it has", () => {
    const strata = [
      [1, 2, 3],
      [10, 20],
    ];
    const rng = new Rng("resample");
    for (let i = 0; i < 50; i++) {
      const [first, second] = resample(strata, rng);
      expect(first).toHaveLength(3);
      expect(second).toHaveLength(2);
      expect(first!.every((x) => x <= 3)).toBe(true);
      expect(second!.every((x) => x >= 10)).toBe(true);
    }
  });

  it("draws a run with all its conditions where they are the same runs", () => {
    const strata = [
      [1, 2, 3],
      [10, 20, 30],
    ];
    const rng = new Rng("together");
    for (let i = 0; i < 20; i++) {
      const [first, second] = resample(strata, rng, true);
      expect(second).toEqual(first!.map((x) => 10 * x));
    }
    // Run by run the mean of both conditions is 0 or 1: on its own each condition would also give a half of each.
    const runs = [
      [0, 1],
      [0, 1],
    ];
    const wide = estimate(runs, mean, new Rng(1), { together: true }).ci95;
    expect(wide).toEqual([0, 1]);
  });

  it("of two runs cuts where the three possible means lie", () => {
    // Resamples of (0, 1): 00, 01, 10, 11, means 0 (1/4), 0.5 (1/2), 1 (1/4): a 95 % interval is all of it, a 40 % one 0.5.
    expect(estimate([[0, 1]], mean, new Rng(1))).toEqual({ value: 0.5, ci95: [0, 1] });
  });

  it("the interval of the interquartile mean holds its value, and the same seed gives the same one", () => {
    const strata = [
      [1, 2, 3, 4, 5, 6],
      [11, 12, 13, 14, 15, 16],
    ];
    const of = (seed: number) => estimate(strata, interquartileMean, new Rng(seed));
    // Twelve values, three dropped at either end: (4 + 5 + 6 + 11 + 12 + 13) / 6.
    expect(of(1).value).toBe(8.5);
    expect(of(1)).toEqual(of(1));
    expect(of(1).ci95[0]).toBeLessThan(8.5);
    expect(of(1).ci95[1]).toBeGreaterThan(8.5);
  });
});

describe("performance profiles", () => {
  it("give the share of runs above each threshold, tasks weighing the same whatever their number of runs", () => {
    const strata = [
      [1, 2, 3, 4],
      [2, 2],
    ];
    const { share, ci95 } = performanceProfile(strata, [0, 1, 2, 3, 4], new Rng(1));
    // Above 1: 3/4 and 2/2; above 2: 2/4 and 0; above 3: 1/4 and 0.
    expect(share).toEqual([1, 0.875, 0.25, 0.125, 0]);
    expect(ci95[0]).toEqual([1, 1]);
    expect(ci95[4]).toEqual([0, 0]);
    expect(ci95[1]![0]).toBeLessThan(0.875);
  });
});

describe("probability of improvement", () => {
  it("counts pairs, ties half, and averages over tasks", () => {
    // Task 1: (3 > 1, 3 > 2, 2 > 1, 2 = 2) = 3.5 / 4. Task 2: 0 of 1.
    const { value } = probabilityOfImprovement([[3, 2], [0]], [[1, 2], [5]], new Rng(1));
    expect(value).toBeCloseTo(0.4375, 14);
  });

  it("of an agent against itself is a half, and of a always better one 1 with certainty", () => {
    const scores = [[1, 2, 3, 4, 5]];
    expect(probabilityOfImprovement(scores, scores, new Rng(1)).value).toBe(0.5);
    expect(probabilityOfImprovement([[8, 9]], scores, new Rng(1))).toEqual({ value: 1, ci95: [1, 1] });
  });

  it("refuses other tasks than the same", () => {
    expect(() => probabilityOfImprovement([[1]], [[1], [2]], new Rng(1))).toThrow(UsageError);
  });
});
