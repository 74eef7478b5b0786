import { defineActuator } from "./definition.ts";

export const actuatorGainLoss = defineActuator({
  id: "actuator-gain-loss",
  kind: "actuator",
  summary: "a weaker actuator: the action times 1 - level",
  references: [],
  unit: "share lost",
  range: { min: 0, max: 1 },
  scale: [0.1, 0.25, 0.5, 0.7, 0.85],
  create: () => ({
    apply(values, level, dimensions) {
      for (const i of dimensions) values[i]! *= 1 - level;
    },
  }),
});
