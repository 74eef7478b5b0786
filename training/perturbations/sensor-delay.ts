import { defineSensor } from "./definition.ts";
import { delayLine } from "./delay-line.ts";

export const sensorDelay = defineSensor({
  id: "sensor-delay",
  kind: "sensor",
  summary: "readings that arrive late",
  references: [],
  unit: "steps",
  range: { min: 0, max: 100 },
  scale: [1, 2, 3, 4, 6],
  integer: true,
  create: delayLine,
});
