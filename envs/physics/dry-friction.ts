import { type CartChain, DEFAULT_IMPEDANCE } from "./cart-chain.ts";

/** MuJoCo's `solreffriction`, s; at least two time steps are used. */
const TIME_CONSTANT_S = 0.02;
const [D0, D_WIDTH] = DEFAULT_IMPEDANCE;

/**
 * Coulomb friction of one joint, by MuJoCo's rules for `frictionloss` and with its defaults: a constraint that wants the
 * joint at rest and is no stronger than `loss`,
 *
 *     f = -clamp((a + b v) / R, -loss, loss),      b = 2 / (0.95 T),  R = w / 9,  T = max(0.02 s, 2 time steps)
 *
 * with v, a the joint's rate and its acceleration (f's own effect included) and w its inverse inertia in the pose
 * qpos = 0. So a sliding joint loses `loss` times its way, and one that is pushed with p < loss sticks but for a creep of
 * v = p R / b (about p w 1e-3 s). f turns round when the joint is about to, 1 / b (10 ms) before.
 *
 * Solved together with the stops (stop-newton.ts), so it is stable at any size and step.
 */
export interface DryFriction {
  readonly joint: number;
  /** N or N m; positive. */
  readonly loss: number;
  /** b, 1/s. */
  readonly damping: number;
  /** R, acceleration per force. */
  readonly regulariser: number;
}

/** Of every joint that has some, slider first. */
export function dryFrictions(
  chain: CartChain,
  inverseWeights: ArrayLike<number>,
  timeStepS: number,
): DryFriction[] {
  const damping = 2 / (D_WIDTH * Math.max(TIME_CONSTANT_S, 2 * timeStepS));
  return [chain.cartFrictionN, ...chain.links.map((link) => link.frictionNm)].flatMap((loss, joint) =>
    loss > 0 ? [{ joint, loss, damping, regulariser: ((1 - D0) / D0) * inverseWeights[joint]! }] : [],
  );
}
