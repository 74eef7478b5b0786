import { defineNetwork } from "./definition.ts";

export const thresholdSpread = defineNetwork({
  id: "threshold-spread",
  kind: "network",
  summary: "unlike thresholds: each neuron's times 1 + level N(0, 1)",
  references: [],
  unit: "standard deviation, share of the threshold",
  range: { min: 0, max: 2 },
  scale: [0.005, 0.02, 0.05, 0.1, 0.2],
  scheduled: false,
  apply(network, level, rng) {
    network.spread(
      "threshold",
      Float32Array.from({ length: network.units }, () => 1 + level * rng.normal()),
    );
  },
});
