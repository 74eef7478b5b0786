import { defineSensor } from "./definition.ts";

export const sensorDropout = defineSensor({
  id: "sensor-dropout",
  kind: "sensor",
  summary: "readings lost: each is 0 with this probability",
  references: [],
  unit: "probability a step",
  range: { min: 0, max: 1 },
  scale: [0.005, 0.02, 0.05, 0.1, 0.25],
  create: () => ({
    apply(values, level, dimensions, rng) {
      for (const i of dimensions) if (rng.uniform() < level) values[i] = 0;
    },
  }),
});
