import { defineBody } from "./definition.ts";

export const damping = defineBody({
  id: "damping",
  kind: "body",
  summary: "more (or less) viscous friction in slider and hinges: times 1 + level",
  references: [],
  unit: "share of the nominal value",
  range: { min: -1, max: 1000 },
  scale: [1, 3, 10, 30, 100],
  touches: (parameter) => /Damping(NsPerM|Nms)$/.test(parameter),
  change: (value, level) => value * (1 + level),
});
