import { describe, expect, it } from "vitest";
import { rankTest } from "../../../training/statistics/rank-test.ts";

describe("the exact rank test", () => {
  // scipy.stats.mannwhitneyu(x, y, alternative="two-sided", method="exact"), its statistic over the number of pairs.
  it.each([
    [[1, 2, 3], [4, 5, 6], 0, 0.1],
    [[3.1, 2.2, 9, 4], [1, 2, 5, 0.5, 3], 0.8, 0.19047619047619047],
    [[10, 12, 13, 20, 9], [1, 2, 11, 8, 3], 0.92, 0.031746031746031744],
    [[1, 5], [2, 3, 4, 9], 0.375, 0.8],
  ])("of %j and %j is scipy's", (x, y, probability, p) => {
    const test = rankTest(x, y);
    expect(test.probability).toBeCloseTo(probability, 12);
    expect(test.p).toBeCloseTo(p, 12);
    const turned = rankTest(y, x);
    expect(turned.probability).toBeCloseTo(1 - probability, 12);
    expect(turned.p).toBeCloseTo(p, 12);
  });

  it("counts ties half, and sees no difference where there is none", () => {
    expect(rankTest([1, 1], [1, 1])).toEqual({ probability: 0.5, p: 1 });
    // Of the six ways to split 1, 1, 1, 2 in pairs, three have the 2 in the first.
    expect(rankTest([1, 2], [1, 1])).toEqual({ probability: 0.75, p: 1 });
    // Runs that never got there stand below all others, and level with each other.
    const never = Number.NEGATIVE_INFINITY;
    expect(rankTest([-3, never], [never, never]).probability).toBe(0.75);
  });

  it("refuses what it cannot count", () => {
    expect(() => rankTest([], [1])).toThrow("0 scores against 1");
    const many = Array.from({ length: 20 }, (_, i) => i);
    expect(() => rankTest(many, many)).toThrow("bootstrap");
  });
});
