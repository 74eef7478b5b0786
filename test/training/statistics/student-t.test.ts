import { describe, expect, it } from "vitest";
import { studentT } from "../../../training/statistics/student-t.ts";

describe("Student's t", () => {
  // scipy.stats.t.ppf((1 + level) / 2, nu), which is itself right to some 1e-8.
  it.each([
    [1, 12.706204736432095, 63.65674116287399],
    [2, 4.302652729911275, 9.92484320091807],
    [3, 3.182446305284263, 5.84090929975643],
    [4, 2.7764451051977987, 4.604094871415897],
    [9, 2.2621571627409915, 3.2498355440153697],
    [10, 2.2281388519649385, 3.169272667175838],
    [29, 2.045229642132703, 2.756385903670335],
    [100, 1.9839715184496334, 2.6258905205863337],
  ])("has the quantiles of scipy for %i degrees of freedom", (nu, t95, t99) => {
    expect(studentT(0.95, nu)).toBeCloseTo(t95, 7);
    expect(studentT(0.99, nu)).toBeCloseTo(t99, 7);
  });
});
