import { defineActuator } from "./definition.ts";
import { delayLine } from "./delay-line.ts";

export const actuatorDelay = defineActuator({
  id: "actuator-delay",
  kind: "actuator",
  summary: "actions that take effect late; before the first there is none",
  references: [],
  unit: "steps",
  range: { min: 0, max: 100 },
  scale: [1, 2, 3, 4, 6],
  integer: true,
  create: delayLine,
});
