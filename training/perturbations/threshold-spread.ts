import { defineSpread } from "./spread.ts";

export const thresholdSpread = defineSpread({
  id: "threshold-spread",
  summary: "unlike thresholds: each neuron's times 1 + level N(0, 1)",
  unit: "standard deviation, share of the threshold",
  constant: "threshold",
  factor: (level, rng) => 1 + level * rng.normal(),
});
