import { defineActuator } from "./definition.ts";

export const actuatorDeadZone = defineActuator({
  id: "actuator-dead-zone",
  kind: "actuator",
  summary: "no action where it is smaller than the level",
  references: [],
  unit: "share of the largest action",
  range: { min: 0, max: 1 },
  scale: [0.02, 0.05, 0.1, 0.2, 0.4],
  create: () => ({
    apply(values, level, dimensions) {
      for (const i of dimensions) if (Math.abs(values[i]!) < level) values[i] = 0;
    },
  }),
});
