import { defineSensor } from "./definition.ts";

export const sensorQuantisation = defineSensor({
  id: "sensor-quantisation",
  kind: "sensor",
  summary: "readings rounded to the nearest multiple of the level",
  references: [],
  unit: "the observation's",
  range: { min: 0, max: 10 },
  scale: [0.01, 0.03, 0.1, 0.2, 0.4],
  create: () => ({
    apply(values, level, dimensions) {
      if (level === 0) return;
      for (const i of dimensions) values[i] = level * Math.round(values[i]! / level);
    },
  }),
});
