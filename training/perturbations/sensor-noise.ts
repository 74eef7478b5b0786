import { defineSensor } from "./definition.ts";

export const sensorNoise = defineSensor({
  id: "sensor-noise",
  kind: "sensor",
  summary: "Gaussian noise on every reading: + level N(0, 1)",
  references: ["He et al., Nature Computational Science 4, 584-599 (2024): 0.002 on every state"],
  unit: "the observation's",
  range: { min: 0, max: 10 },
  scale: [0.003, 0.01, 0.03, 0.1, 0.3],
  create: () => ({
    apply(values, level, dimensions, rng) {
      for (const i of dimensions) values[i]! += level * rng.normal();
    },
  }),
});
