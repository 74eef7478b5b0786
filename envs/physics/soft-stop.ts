import { UsageError } from "../../core/errors.ts";
import type { JointLimit } from "./cart-chain.ts";

/** Stops a chain may have, two a limited joint. */
export const MAX_STOPS = 16;

/** MuJoCo's smallest allowed impedance and regulariser. */
const MIN_IMPEDANCE = 1e-4;
const MAX_IMPEDANCE = 0.9999;
const TINY = 1e-15;

/**
 * One side of a joint's soft stop, by MuJoCo's rules ("Computation: constraint model" in its documentation).
 *
 * With the distance r to the stop (negative beyond it), its rate r' and y = (r - margin):
 *
 *     d(y)   impedance, from d0 at y = 0 to dWidth at |y| = width along a power curve
 *     a_ref  = -b r' - k d y,   b = 2 / (dWidth T),   k = 1 / (dWidth T zeta)^2
 *     R      = (1 - d) / d * inverse weight of the joint
 *
 * the force f >= 0 makes the acceleration of r meet r'' + R f = a_ref while it pushes. T is at least twice the time step.
 */
export class SoftStop {
  readonly joint: number;
  /** +1: the low end, r = q - low; -1: the high end, r = high - q. */
  readonly sign: 1 | -1;
  readonly #bound: number;
  readonly #margin: number;
  readonly #inverseWeight: number;
  readonly #stiffness: number;
  readonly #damping: number;
  readonly #d0: number;
  readonly #dWidth: number;
  readonly #width: number;
  readonly #midpoint: number;
  readonly #power: number;

  constructor(limit: JointLimit, joint: number, sign: 1 | -1, inverseWeight: number, timeStepS: number) {
    this.joint = joint;
    this.sign = sign;
    this.#bound = sign === 1 ? limit.low : limit.high;
    this.#margin = limit.margin;
    this.#inverseWeight = inverseWeight;
    const [d0, dWidth, width, midpoint, power] = limit.impedance;
    this.#d0 = clampImpedance(d0);
    this.#dWidth = clampImpedance(dWidth);
    this.#width = Math.max(0, width);
    this.#midpoint = clampImpedance(midpoint);
    this.#power = Math.max(1, power);
    const time = Math.max(limit.timeConstantS, 2 * timeStepS);
    this.#damping = 2 / Math.max(TINY, this.#dWidth * time);
    this.#stiffness = 1 / Math.max(TINY, (this.#dWidth * time * limit.dampingRatio) ** 2);
  }

  /** r, m or rad. */
  distance(q: number): number {
    return this.sign * (q - this.#bound);
  }

  /** Whether the stop can push at all at q. */
  isNear(q: number): boolean {
    return this.distance(q) < this.#margin;
  }

  /** a_ref, m/s2 or rad/s2. */
  referenceAcceleration(q: number, rate: number): number {
    const y = this.distance(q) - this.#margin;
    return -this.#damping * this.sign * rate - this.#stiffness * this.#impedance(y) * y;
  }

  /** R, acceleration per force. */
  regulariser(q: number): number {
    const d = this.#impedance(this.distance(q) - this.#margin);
    return Math.max(TINY, ((1 - d) / d) * this.#inverseWeight);
  }

  #impedance(y: number): number {
    const range = this.#dWidth - this.#d0;
    if (range === 0 || this.#width <= TINY) return 0.5 * (this.#d0 + this.#dWidth);
    const x = Math.abs(y) / this.#width;
    if (x >= 1) return this.#dWidth;
    if (x === 0) return this.#d0;
    const p = this.#power;
    if (p === 1) return this.#d0 + x * range;
    const curve =
      x <= this.#midpoint
        ? x ** p / this.#midpoint ** (p - 1)
        : 1 - (1 - x) ** p / (1 - this.#midpoint) ** (p - 1);
    return this.#d0 + curve * range;
  }
}

/**
 * Both sides of every limited joint, slider first, low before high (MuJoCo's order).
 *
 * @throws UsageError for more limited joints than the solvers have room for
 */
export function softStops(
  limits: readonly (JointLimit | null)[],
  inverseWeights: ArrayLike<number>,
  timeStepS: number,
): SoftStop[] {
  const limited = limits.filter((limit) => limit !== null).length;
  if (2 * limited > MAX_STOPS) {
    throw new UsageError(`cart chain: ${limited} joints have limits, expected at most ${MAX_STOPS / 2}`);
  }
  return limits.flatMap((limit, joint) =>
    limit === null
      ? []
      : ([1, -1] as const).map((sign) => new SoftStop(limit, joint, sign, inverseWeights[joint]!, timeStepS)),
  );
}

function clampImpedance(d: number): number {
  return Math.min(MAX_IMPEDANCE, Math.max(MIN_IMPEDANCE, d));
}
