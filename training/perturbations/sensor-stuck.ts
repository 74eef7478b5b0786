import { defineSensor } from "./definition.ts";

/** Each reading on its own: with the level's probability it stays what it showed last. */
export const sensorStuck = defineSensor({
  id: "sensor-stuck",
  kind: "sensor",
  summary: "readings that stick: each shows its last value again with this probability",
  references: [],
  unit: "probability a step",
  range: { min: 0, max: 1 },
  scale: [0.05, 0.1, 0.2, 0.4, 0.7],
  create(size) {
    const shown = new Float64Array(size);
    return {
      memory: shown,
      start: (values) => shown.set(values),
      apply(values, level, dimensions, rng) {
        for (const i of dimensions) {
          if (rng.uniform() < level) values[i] = shown[i]!;
          else shown[i] = values[i]!;
        }
      },
    };
  },
});
