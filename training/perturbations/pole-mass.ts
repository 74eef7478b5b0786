import { defineBody } from "./definition.ts";

export const poleMass = defineBody({
  id: "pole-mass",
  kind: "body",
  summary: "heavier (or lighter) poles: their masses times 1 + level; inertia follows",
  references: [],
  unit: "share of the nominal value",
  range: { min: -0.95, max: 20 },
  scale: [0.1, 0.25, 0.5, 1, 2],
  touches: (parameter) => /^pole\d*MassKg$/.test(parameter),
  change: (value, level) => value * (1 + level),
});
