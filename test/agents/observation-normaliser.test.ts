import { describe, expect, it } from "vitest";
import { ObservationNormaliser } from "../../agents/observation-normaliser.ts";
import { Rng } from "../../core/rng.ts";

describe("observation normaliser", () => {
  it("has the mean and the population variance of all it observed, number by number", () => {
    const rng = new Rng(1);
    const normaliser = new ObservationNormaliser(3);
    const seen = Array.from({ length: 500 }, () => [
      rng.normal(),
      100 + 0.001 * rng.normal(),
      5 * rng.normal(),
    ]);
    for (const observation of seen) normaliser.observe(observation);
    for (let i = 0; i < 3; i++) {
      const column = seen.map((row) => row[i]!);
      const mean = column.reduce((sum, x) => sum + x, 0) / column.length;
      const squares = column.reduce((sum, x) => sum + (x - mean) ** 2, 0);
      expect(normaliser.statistics[1 + i]).toBeCloseTo(mean, 10);
      expect(normaliser.statistics[4 + i]! / squares).toBeCloseTo(1, 8);
    }
    const out = normaliser.normalise(Float32Array.from(seen.flat()));
    const first = [...out].filter((_, k) => k % 3 === 0);
    expect(first.reduce((sum, x) => sum + x, 0) / first.length).toBeCloseTo(0, 5);
    expect(first.reduce((sum, x) => sum + x * x, 0) / first.length).toBeCloseTo(1, 5);
  });

  it("clips outliers, and leaves what never changed finite", () => {
    const normaliser = new ObservationNormaliser(2);
    expect([...normaliser.normalise(Float32Array.of(3, 4))]).toEqual([3, 4]);
    for (const x of [-1, 1]) normaliser.observe([x, 7]);
    expect([...normaliser.normalise(Float32Array.of(1000, 7, -1000, 8))]).toEqual([10, 0, -10, 1]);
  });
});
