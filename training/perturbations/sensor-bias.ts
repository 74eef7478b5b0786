import { defineSensor } from "./definition.ts";

export const sensorBias = defineSensor({
  id: "sensor-bias",
  kind: "sensor",
  summary: "a constant offset of every reading: + level",
  references: [],
  unit: "the observation's",
  range: { min: -10, max: 10 },
  scale: [0.01, 0.03, 0.06, 0.12, 0.25],
  create: () => ({
    apply(values, level, dimensions) {
      for (const i of dimensions) values[i]! += level;
    },
  }),
});
