import { defineForce } from "./definition.ts";

/** Below this speed the friction fades out instead of jumping from one side to the other, m/s. */
const SOFT_SPEED_M_PER_S = 0.1;

/** Coulomb friction between cart and rail: F = -level tanh(v / v_0), held over each step. */
export const dryFriction = defineForce({
  id: "dry-friction",
  kind: "force",
  summary: "dry friction of the cart on its rail, of this size and against its motion",
  references: [],
  unit: "N",
  range: { min: 0, max: 60 },
  scale: [2, 5, 10, 20, 40],
  add(forces, level, { qvel }) {
    forces[0]! -= level * Math.tanh(qvel[0]! / SOFT_SPEED_M_PER_S);
  },
});
