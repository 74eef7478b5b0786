import { z } from "zod";
import { defineBody } from "./definition.ts";

const options = z.strictObject({
  frequencyHz: z.number().positive().default(2).describe("frequency of the shaking, Hz"),
});

/**
 * The rail shakes sideways with the acceleration a sin(2 pi f t). Seen from the rail every mass then feels -a sin(2 pi f t)
 * beside gravity, which is how it is done: as gravity along the rail, anew at each step.
 */
export const baseShaking = defineBody({
  id: "base-shaking",
  kind: "body",
  summary: "the rail shakes sideways with this amplitude of acceleration",
  references: [],
  unit: "m/s2",
  range: { min: 0, max: 100 },
  scale: [1, 2, 4, 8, 16],
  options,
  touches: (parameter) => parameter === "sideGravityMPerS2",
  change(value, level, seconds, given) {
    const { frequencyHz } = given as z.output<typeof options>;
    return value - level * Math.sin(2 * Math.PI * frequencyHz * seconds);
  },
});
