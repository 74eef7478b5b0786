import { defineBody } from "./definition.ts";

export const poleLength = defineBody({
  id: "pole-length",
  kind: "body",
  summary: "longer (or shorter) poles: their lengths times 1 + level; inertia follows",
  references: [],
  unit: "share of the nominal value",
  range: { min: -0.95, max: 20 },
  scale: [0.05, 0.1, 0.2, 0.4, 0.8],
  touches: (parameter) => /^pole\d*LengthM$/.test(parameter),
  change: (value, level) => value * (1 + level),
});
