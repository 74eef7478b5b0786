import { describe, expect, it } from "vitest";
import { estimateAdvantages, standardise } from "../../agents/advantages.ts";

const of = (...values: number[]) => Float32Array.from(values);

describe("generalised advantage estimation", () => {
  const base = {
    lanes: 1,
    reward: of(1, 2, 3),
    value: of(10, 20, 30),
    nextValue: of(20, 30, 40),
    terminated: of(0, 0, 0),
    ended: of(0, 0, 0),
  };

  it("is the sum of decayed temporal differences, worked out by hand", () => {
    const { advantage, returns } = estimateAdvantages(base, 0.5, 0.8);
    // Differences: 1 + 10 - 10 = 1;  2 + 15 - 20 = -3;  3 + 20 - 30 = -7;  decay 0.4.
    expect(advantage[2]).toBeCloseTo(-7, 6);
    expect(advantage[1]).toBeCloseTo(-3 + 0.4 * -7, 6);
    expect(advantage[0]).toBeCloseTo(1 + 0.4 * (-3 + 0.4 * -7), 5);
    expect(returns[1]).toBeCloseTo(20 - 5.8, 5);
  });

  it("bootstraps through a time limit, which only ends the sum", () => {
    const { advantage } = estimateAdvantages({ ...base, ended: of(0, 1, 0) }, 0.5, 0.8);
    expect(advantage[1]).toBeCloseTo(-3, 6);
    expect(advantage[0]).toBeCloseTo(1 + 0.4 * -3, 6);
  });

  it("does not bootstrap through a termination", () => {
    const { advantage } = estimateAdvantages(
      { ...base, terminated: of(0, 1, 0), ended: of(0, 1, 0) },
      0.5,
      0.8,
    );
    expect(advantage[1]).toBeCloseTo(2 - 20, 6);
  });

  it("with lambda 1 is the discounted return minus the value, with lambda 0 one difference", () => {
    const long = estimateAdvantages(base, 0.5, 1).returns[0]!;
    expect(long).toBeCloseTo(1 + 0.5 * 2 + 0.25 * 3 + 0.125 * 40, 5);
    expect(estimateAdvantages(base, 0.5, 0).advantage[0]).toBeCloseTo(1, 6);
  });

  it("keeps environments side by side apart", () => {
    const two = (values: Float32Array) => Float32Array.from([...values].flatMap((x) => [x, 2 * x]));
    const { advantage } = estimateAdvantages(
      {
        lanes: 2,
        reward: two(base.reward),
        value: two(base.value),
        nextValue: two(base.nextValue),
        terminated: of(0, 0, 0, 0, 0, 0),
        ended: of(0, 0, 0, 0, 0, 0),
      },
      0.5,
      0.8,
    );
    const alone = estimateAdvantages(base, 0.5, 0.8).advantage;
    alone.forEach((a, t) => {
      expect(advantage[2 * t]).toBeCloseTo(a, 5);
      expect(advantage[2 * t + 1]).toBeCloseTo(2 * a, 5);
    });
  });

  it("standardised: mean 0, standard deviation 1", () => {
    const values = of(1, 2, 3, 6);
    standardise(values);
    expect(values.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 5);
    expect(values.reduce((sum, x) => sum + x * x, 0) / 4).toBeCloseTo(1, 5);
  });
});
