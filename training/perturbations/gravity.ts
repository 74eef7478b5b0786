import { defineBody } from "./definition.ts";

export const gravity = defineBody({
  id: "gravity",
  kind: "body",
  summary: "stronger (or weaker) gravity: times 1 + level",
  references: [],
  unit: "share of the nominal value",
  range: { min: -1, max: 20 },
  scale: [0.1, 0.25, 0.5, 1, 2],
  touches: (parameter) => parameter === "gravityMPerS2",
  change: (value, level) => value * (1 + level),
});
