import { defineBody } from "./definition.ts";

export const cartMass = defineBody({
  id: "cart-mass",
  kind: "body",
  summary: "a heavier (or lighter) cart: its mass times 1 + level",
  references: [],
  unit: "share of the nominal value",
  range: { min: -0.95, max: 20 },
  scale: [0.2, 0.5, 1, 2, 4],
  touches: (parameter) => parameter === "cartMassKg",
  change: (value, level) => value * (1 + level),
});
