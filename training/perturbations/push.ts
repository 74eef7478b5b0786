import { z } from "zod";
import { UsageError } from "../../core/errors.ts";
import { defineForce } from "./definition.ts";

const options = z.strictObject({
  atS: z.number().min(0).default(5).describe("moment of the push, s from the start of the episode"),
  durationS: z
    .number()
    .positive()
    .default(0.05)
    .describe("duration of the push, s; at least one step is taken"),
  everyS: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe("again and again after this time, s; null: once"),
  body: z.number().int().min(0).default(0).describe("what is pushed: 0 the cart, 1 the lowest pole, ..."),
  place: z.number().min(0).max(1).default(1).describe("where on the pole: 0 its lower end, 1 its upper end"),
});

export type PushOptions = z.output<typeof options>;

/**
 * A horizontal push of J newton-seconds: the force J / duration along +x (negative levels: -x) at a point of a body.
 *
 * Generalised forces by virtual work: Q_i = F dx/dq_i. With absolute angles phi_k = theta_1 + ... + theta_k and the point
 * p_k of pole k (its whole length where the pushed one lies further out):
 *
 *   Q_0 = F,   Q_i = F sum_(k >= i) p_k cos phi_k
 */
export const push = defineForce({
  id: "push",
  kind: "force",
  summary: "a horizontal push at a time and a place",
  references: [],
  unit: "N s",
  range: { min: -100, max: 100 },
  scale: [1, 2, 4, 8, 16],
  scheduled: false,
  options,
  add(forces, level, { qpos, lengthsM, seconds, stepSeconds }, given) {
    const { body, place } = given as PushOptions;
    if (body > lengthsM.length) {
      throw new UsageError(
        `perturbation "push": body ${body}, expected 0 to ${lengthsM.length} (0: the cart)`,
      );
    }
    const force = level * pushingPerSecond(given as PushOptions, seconds, stepSeconds);
    if (force === 0) return;
    forces[0]! += force;
    let angle = 0;
    const arms: number[] = [];
    for (let k = 0; k < body; k++) {
      angle += qpos[k + 1]!;
      arms.push((k === body - 1 ? place : 1) * lengthsM[k]! * Math.cos(angle));
    }
    let arm = 0;
    for (let k = body - 1; k >= 0; k--) {
      arm += arms[k]!;
      forces[k + 1]! += force * arm;
    }
  },
});

/**
 * 1 / duration during a push and 0 outside, 1/s. Pushes are whole steps long, the steps whose start lies in them (by half
 * a step early, so that rounding of times does not matter), so the impulse is exactly J.
 */
function pushingPerSecond(
  { atS, durationS, everyS }: PushOptions,
  seconds: number,
  stepSeconds: number,
): number {
  const steps = Math.max(1, Math.round(durationS / stepSeconds));
  let since = Math.round((seconds - atS) / stepSeconds);
  if (everyS !== null && since >= 0) since %= Math.max(steps, Math.round(everyS / stepSeconds));
  return since >= 0 && since < steps ? 1 / (steps * stepSeconds) : 0;
}

/** When an episode of this length is pushed, s. */
export function pushTimesS({ atS, everyS }: PushOptions, episodeS: number): number[] {
  const times: number[] = [];
  for (let t = atS; t < episodeS; t += everyS ?? Number.POSITIVE_INFINITY) times.push(t);
  return times;
}
