/**
 * The mechanical system behind every cart-and-poles task, as plain numbers: a cart on a rail with N rigid links hinged
 * on top of each other. Engines read it; they own no physical constant themselves.
 *
 * Coordinates are MuJoCo's: x right, z up; `qpos = [x, theta_1, ..., theta_N]` with theta_1 the first link's angle from
 * upright, positive towards +x, and theta_i (i > 1) relative to link i - 1; `qvel` their rates. SI units and radians.
 */
export interface CartChain {
  readonly cartMassKg: number;
  /** Viscous friction of the slider, N s/m. */
  readonly cartDampingNsPerM: number;
  /** Dry friction of the slider, N (dry-friction.ts). */
  readonly cartFrictionN: number;
  /** Soft end stops of the rail, on x; null: an endless rail. */
  readonly rail: JointLimit | null;
  /** From the cart outwards; at least one. */
  readonly links: readonly ChainLink[];
  readonly gravityXMPerS2: number;
  /** Negative: downwards. */
  readonly gravityZMPerS2: number;
}

export interface ChainLink {
  readonly massKg: number;
  /** From this link's hinge to the next one (or to the tip). */
  readonly lengthM: number;
  /** Centre of mass in the link's frame (hinge at 0, the link along +z). */
  readonly centreXM: number;
  readonly centreZM: number;
  /** About the centre of mass. */
  readonly inertiaKgM2: number;
  /** Viscous friction of this link's hinge, N m s/rad, acting on the relative rate. */
  readonly dampingNms: number;
  /** Dry friction of this link's hinge, N m. */
  readonly frictionNm: number;
  /** Soft stops on this hinge's relative angle; null: it turns freely. */
  readonly limit: JointLimit | null;
}

/** A two-sided soft stop with MuJoCo's parameters (`range`, `margin`, `solref`, `solimp`); m or rad. */
export interface JointLimit {
  readonly low: number;
  readonly high: number;
  /** The stop starts to push this far inside the range. */
  readonly margin: number;
  /** solref[0], s: how fast a violation decays. */
  readonly timeConstantS: number;
  /** solref[1]: 1 is critical damping. */
  readonly dampingRatio: number;
  /** solimp: impedance d0 at the margin and dWidth at `width` beyond it, `midpoint` and `power` of the curve between. */
  readonly impedance: readonly [d0: number, dWidth: number, width: number, midpoint: number, power: number];
}

/** What MuJoCo uses where a model file says nothing. */
export const DEFAULT_IMPEDANCE: JointLimit["impedance"] = [0.9, 0.95, 0.001, 0.5, 2];

/** Degrees of freedom: the slider and one hinge a link. */
export function dofCount(chain: CartChain): number {
  return 1 + chain.links.length;
}

/** The limit of every degree of freedom, slider first. */
export function jointLimits(chain: CartChain): (JointLimit | null)[] {
  return [chain.rail, ...chain.links.map((link) => link.limit)];
}

/**
 * Position (x, z) of the far end of the last link, m, into `out`.
 *
 * @param qpos [1 + N]
 */
export function tipPosition(chain: CartChain, qpos: ArrayLike<number>, out: Float64Array): Float64Array {
  let x = qpos[0]!;
  let z = 0;
  let angle = 0;
  const { links } = chain;
  for (let i = 0; i < links.length; i++) {
    angle += qpos[i + 1]!;
    x += links[i]!.lengthM * Math.sin(angle);
    z += links[i]!.lengthM * Math.cos(angle);
  }
  out[0] = x;
  out[1] = z;
  return out;
}

/**
 * Pose (x, y, angle) of the cart and of every link at its hinge, as core/scene.ts defines poses, into `out`.
 *
 * @param qpos [1 + N]
 * @param out [3 (1 + N)]
 */
export function chainPoses(chain: CartChain, qpos: ArrayLike<number>, out: Float64Array): Float64Array {
  let x = qpos[0]!;
  let y = 0;
  let angle = 0;
  out[0] = x;
  out[1] = 0;
  out[2] = 0;
  const { links } = chain;
  for (let i = 0; i < links.length; i++) {
    angle += qpos[i + 1]!;
    out[3 * i + 3] = x;
    out[3 * i + 4] = y;
    out[3 * i + 5] = angle;
    x += links[i]!.lengthM * Math.sin(angle);
    y += links[i]!.lengthM * Math.cos(angle);
  }
  return out;
}

/**
 * The generalised forces [1 + N] that a force at a point of the chain amounts to, into `out` (J^T F): for
 * `env.applyForces`, a hand that drags a pole, a gust.
 *
 * @param qpos [1 + N]
 * @param link 0: the cart; i: the i-th link
 * @param heightM where on the link, from its hinge; of no meaning on the cart
 * @param forceN (x, z)
 */
export function forcesOfPoint(
  chain: CartChain,
  qpos: ArrayLike<number>,
  link: number,
  heightM: number,
  forceN: readonly [x: number, z: number],
  out: Float64Array,
): Float64Array {
  const [forceX, forceZ] = forceN;
  out.fill(0);
  out[0] = forceX;
  let angle = 0;
  for (let i = 1; i <= link; i++) {
    angle += qpos[i]!;
    const reach = i === link ? heightM : chain.links[i - 1]!.lengthM;
    const torque = reach * (forceX * Math.cos(angle) - forceZ * Math.sin(angle));
    // The angle of link i is the sum of the first i hinges: each of them feels the torque.
    for (let j = 1; j <= i; j++) out[j] = out[j]! + torque;
  }
  return out;
}
