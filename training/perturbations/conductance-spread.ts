import { defineNetwork } from "./definition.ts";

export const conductanceSpread = defineNetwork({
  id: "conductance-spread",
  kind: "network",
  summary: "unlike membranes: each neuron's conductances (or leak) times exp(level N(0, 1))",
  references: [],
  unit: "standard deviation of the logarithm",
  range: { min: 0, max: 2 },
  scale: [0.005, 0.02, 0.05, 0.1, 0.2],
  scheduled: false,
  apply(network, level, rng) {
    network.spread(
      "conductance",
      Float32Array.from({ length: network.units }, () => Math.exp(level * rng.normal())),
    );
  },
});
