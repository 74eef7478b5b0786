import { defineSpread } from "./spread.ts";

export const conductanceSpread = defineSpread({
  id: "conductance-spread",
  summary: "unlike membranes: each neuron's conductances (or leak) times exp(level N(0, 1))",
  unit: "standard deviation of the logarithm",
  constant: "conductance",
  factor: (level, rng) => Math.exp(level * rng.normal()),
});
