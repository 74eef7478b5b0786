import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Rng } from "../../../core/rng.ts";
import { interquartileMean } from "../../../training/statistics/aggregates.ts";
import { bootstrapInterval } from "../../../training/statistics/bootstrap.ts";
import { mean, median, standardDeviation } from "../../../training/statistics/descriptive.ts";
import { summariseReturns } from "../../../training/statistics/return-summary.ts";

const scores = fc.array(fc.double({ min: -1e4, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 40 });

describe("statistics", () => {
  it("of known values", () => {
    const values = [2, 4, 4, 4, 5, 5, 7, 9];
    expect(mean(values)).toBe(5);
    // Sum of squares 32, over n - 1.
    expect(standardDeviation(values)).toBeCloseTo(Math.sqrt(32 / 7), 14);
    expect(median(values)).toBe(4.5);
    expect(median([3, 1, 2])).toBe(2);
    // Two dropped at either end: 4, 4, 5, 5.
    expect(interquartileMean(values)).toBe(4.5);
    expect(interquartileMean([1, 2, 3])).toBe(2);
    // floor(10 / 4) = 2 dropped: 3 ... 8.
    expect(interquartileMean([10, 9, 8, 7, 6, 5, 4, 3, 2, -100])).toBe(5.5);
  });

  it("of too few values are NaN", () => {
    expect([mean([]), median([]), interquartileMean([]), standardDeviation([1])]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
  });

  it("do not depend on the order, stay within the range, and leave their argument alone", () => {
    fc.assert(
      fc.property(scores, (values) => {
        const before = [...values];
        const [low, high] = [Math.min(...values), Math.max(...values)];
        const slack = 1e-9 * Math.max(1, Math.abs(low), Math.abs(high));
        for (const statistic of [mean, median, interquartileMean]) {
          expect(statistic(values)).toBeGreaterThanOrEqual(low - slack);
          expect(statistic(values)).toBeLessThanOrEqual(high + slack);
          expect(statistic([...values].reverse())).toBeCloseTo(statistic(values), 6);
        }
        expect(values).toEqual(before);
      }),
    );
  });
});

describe("the bootstrap interval", () => {
  it("is the same for the same stream, and its own for another", () => {
    const values = Array.from({ length: 20 }, (_, i) => i);
    const interval = (seed: number) => bootstrapInterval([values], mean, new Rng(seed));
    expect(interval(1)).toEqual(interval(1));
    expect(interval(1)).not.toEqual(interval(2));
  });

  it("of one value is that value", () => {
    expect(bootstrapInterval([[7]], mean, new Rng(0))).toEqual([7, 7]);
  });

  it("covers the true mean about as often as it says", () => {
    const rng = new Rng("coverage");
    let covered = 0;
    const trials = 300;
    for (let trial = 0; trial < trials; trial++) {
      const values = Array.from({ length: 30 }, () => rng.normal());
      const [low, high] = bootstrapInterval([values], mean, rng, { resamples: 300 });
      if (low <= 0 && high >= 0) covered++;
    }
    // A percentile interval of 30 normal values covers about 93.5 %; three standard errors of 300 trials are 4.3 %.
    expect(covered / trials).toBeGreaterThan(0.89);
    expect(covered / trials).toBeLessThan(0.98);
  });

  it("resamples every stratum on its own", () => {
    // With strata kept apart the mean of (all 0, all 10) is always 5; mixed together it would vary.
    const strata = [Array<number>(10).fill(0), Array<number>(10).fill(10)];
    expect(bootstrapInterval(strata, mean, new Rng(3))).toEqual([5, 5]);
    const [low, high] = bootstrapInterval([strata.flat()], mean, new Rng(3));
    expect(high - low).toBeGreaterThan(1);
  });
});

it("summariseReturns: share solved counts the threshold itself", () => {
  const summary = summariseReturns([9100, 9099, 9359, 100], 9100, new Rng(1));
  expect(summary.solvedShare).toBe(0.5);
  expect(summary.mean).toBe(6914.5);
  expect(summary.iqm).toBe(9099.5);
  expect(summary.ci95[0]).toBeLessThan(summary.mean);
  expect(summary.ci95[1]).toBeGreaterThan(summary.mean);
});
