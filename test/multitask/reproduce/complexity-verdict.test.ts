import { describe, expect, it } from "vitest";
import {
  type CostedScores,
  gainsAt,
  interpolate,
  judgeComplexity,
} from "../../../multitask/reproduce/complexity-verdict.ts";
import type { ModelCost } from "../../../training/cost/model-cost.ts";

function model(name: string, neuron: string, cost: number, scores: readonly number[]): CostedScores {
  const counted = {
    parameters: cost,
    executedOperations: { additions: cost, multiplications: 0 },
    energyMicrojoules: { executed: cost },
    trainStepMs: cost,
  } as unknown as ModelCost;
  return { name, neuron, cost: counted, scores };
}

const leaky = [model("lif-1", "lif", 1, [10, 10, 10]), model("lif-100", "lif", 100, [20, 20, 20])];

describe("gainsAt", () => {
  it("compares with leaky neurons that cost the same, halfway between widths over the logarithm of the cost", () => {
    const models = [...leaky, model("hh", "hh", 10, [17, 18, 19]), model("alif", "alif", 10, [15, 15, 15])];
    const gains = gainsAt({ name: "return", unit: "", models }, ({ parameters }) => parameters);
    expect(gains.map(({ neuron, gain }) => [neuron, gain])).toEqual([
      ["hh", 3],
      ["alif", 0],
    ]);
    expect(gains[0]!.ci95[0]).toBeGreaterThan(0);
  });

  it("takes the nearest width where none costs as little or as much", () => {
    expect([0, 5].map((at) => interpolate([1, 2], [7, 9], at))).toEqual([7, 9]);
  });
});

describe("judgeComplexity", () => {
  it("holds where a complex neuron buys most by every cost, and names it", () => {
    const models = [...leaky, model("hh", "hh", 10, [17, 18, 19]), model("ann", "ann", 10, [1, 1, 1])];
    const { holds, sentence } = judgeComplexity([{ name: "return", unit: "", models }]);
    expect(holds).toBe("holds");
    expect(sentence).toContain("return at equal energy: hh (+3");
  });

  it("does not hold where every complex neuron buys less than a leaky one at its cost", () => {
    const models = [...leaky, model("hh", "hh", 10, [1, 2, 3])];
    expect(judgeComplexity([{ name: "return", unit: "", models }]).holds).toBe("does not hold");
  });

  it("is undecided on a single seed", () => {
    const models = [model("lif", "lif", 1, [1]), model("hh", "hh", 1, [9])];
    expect(judgeComplexity([{ name: "return", unit: "", models }]).holds).toBe("undecided");
  });
});
