import { defineSensor } from "./definition.ts";

export const sensorUniform = defineSensor({
  id: "sensor-uniform",
  kind: "sensor",
  summary: "uniform noise on every reading: + U(-level, level)",
  references: [],
  unit: "the observation's",
  range: { min: 0, max: 10 },
  scale: [0.005, 0.02, 0.05, 0.2, 0.5],
  create: () => ({
    apply(values, level, dimensions, rng) {
      for (const i of dimensions) values[i]! += rng.uniform(-level, level);
    },
  }),
});
