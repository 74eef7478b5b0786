import { defineActuator } from "./definition.ts";

export const actuatorNoise = defineActuator({
  id: "actuator-noise",
  kind: "actuator",
  summary: "Gaussian noise on the action: + level N(0, 1), within its limits",
  references: [],
  unit: "share of the largest action",
  range: { min: 0, max: 2 },
  scale: [0.05, 0.1, 0.2, 0.4, 0.8],
  create: () => ({
    apply(values, level, dimensions, rng) {
      for (const i of dimensions) values[i]! += level * rng.normal();
    },
  }),
});
