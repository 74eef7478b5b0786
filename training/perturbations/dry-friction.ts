import { defineBody } from "./definition.ts";

/** Coulomb friction between cart and rail, solved by the engine at every stage (envs/physics/dry-friction.ts). */
export const dryFriction = defineBody({
  id: "dry-friction",
  kind: "body",
  summary: "dry friction of the cart on its rail, of this size and against its motion",
  references: [],
  unit: "N",
  range: { min: 0, max: 60 },
  scale: [2, 5, 10, 20, 40],
  touches: (parameter) => parameter === "cartFrictionN",
  change: (value, level) => value + level,
});
