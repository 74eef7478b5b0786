import { defineNetwork } from "./definition.ts";

export const lesion = defineNetwork({
  id: "lesion",
  kind: "network",
  summary: "neurons lost: a random share of the population is silent",
  references: [],
  unit: "share of the neurons",
  range: { min: 0, max: 1 },
  scale: [0.01, 0.03, 0.1, 0.2, 0.4],
  scheduled: false,
  apply(network, level, rng) {
    // The first of a random order (Fisher & Yates).
    const order = Array.from({ length: network.units }, (_, i) => i);
    for (let i = 0; i < Math.round(level * network.units); i++) {
      const pick = i + rng.integer(network.units - i);
      [order[i], order[pick]] = [order[pick]!, order[i]!];
      network.silence(order[i]!);
    }
  },
});
