import Matter from "matter-js";
import { type CartChain, dofCount } from "./cart-chain.ts";

/** Matter's lengths; large, because its bounds and slops are made for hundreds of pixels. */
export const PX_PER_M = 1000;
/** Newtons in Matter's unit of force, kg px / ms2; also metres per s2 in px / ms2. */
export const FORCE_PER_N = PX_PER_M * 1e-6;
/** Newton metres in Matter's unit of torque, kg px2 / ms2. */
export const TORQUE_PER_NM = PX_PER_M * PX_PER_M * 1e-6;

/** Only for pictures of the world; nothing collides. */
const CART_WIDTH_M = 0.4;
const CART_HEIGHT_M = 0.2;
const LINK_WIDTH_M = 0.09;

/** What Matter's typings leave out of its Verlet state. */
export interface MatterBody extends Matter.Body {
  readonly positionPrev: Matter.Vector;
  anglePrev: number;
  /** ms; Matter rescales the Verlet velocity where it differs from the next update's. */
  deltaTime: number;
}

/**
 * The cart and every link as free Matter bodies of the right mass and inertia that collide with nothing, cart first; and
 * the way between them and the joints' coordinates.
 *
 * Matter's y points down, so y = -z and its angles are ours: positive from up towards +x. A body's `position` is its
 * centre of mass; `arms` lead from there to the hinges.
 */
export class ChainBodies {
  readonly bodies: readonly MatterBody[];
  readonly links: number;
  /** Per link: the arm to its hinge (x, y), the arm to its far end (x, y), m [4 N]; from the last `turnArms`. */
  readonly arms: Float64Array;

  readonly #chain: CartChain;
  readonly #substepS: number;

  constructor(chain: CartChain, substepS: number) {
    const substepMs = 1000 * substepS;
    this.#chain = chain;
    this.#substepS = substepS;
    this.links = dofCount(chain) - 1;
    this.arms = new Float64Array(4 * this.links);
    this.bodies = [
      createBody(CART_WIDTH_M, CART_HEIGHT_M, chain.cartMassKg, 1, substepMs),
      ...chain.links.map((link) =>
        createBody(LINK_WIDTH_M, link.lengthM, link.massKg, link.inertiaKgM2, substepMs),
      ),
    ];
  }

  /** Puts the bodies exactly where the joints say; their Verlet velocity becomes the velocity now. */
  place(qpos: Float64Array, qvel: Float64Array): void {
    const { bodies, arms } = this;
    const h = this.#substepS;
    placeBody(bodies[0]!, qpos[0]!, 0, 0, qvel[0]!, 0, 0, h);
    let x = qpos[0]!;
    let y = 0;
    let vx = qvel[0]!;
    let vy = 0;
    let angle = 0;
    let rate = 0;
    for (let i = 0; i < this.links; i++) {
      angle += qpos[i + 1]!;
      rate += qvel[i + 1]!;
      this.turnArms(i, angle);
      const hingeX = arms[4 * i]!;
      const hingeY = arms[4 * i + 1]!;
      const spanX = arms[4 * i + 2]! - hingeX;
      const spanY = arms[4 * i + 3]! - hingeY;
      const body = bodies[i + 1]!;
      placeBody(body, x - hingeX, y - hingeY, angle, vx + rate * hingeY, vy - rate * hingeX, rate, h);
      x += spanX;
      y += spanY;
      vx -= rate * spanY;
      vy += rate * spanX;
    }
  }

  /** The arms of a link turned by `angle` from upright. */
  turnArms(link: number, angle: number): void {
    const { centreXM, centreZM, lengthM } = this.#chain.links[link]!;
    const s = Math.sin(angle);
    const c = Math.cos(angle);
    const { arms } = this;
    const above = lengthM - centreZM;
    arms[4 * link] = -centreXM * c - centreZM * s;
    arms[4 * link + 1] = -centreXM * s + centreZM * c;
    arms[4 * link + 2] = -centreXM * c + above * s;
    arms[4 * link + 3] = -centreXM * s - above * c;
  }

  /** Joint coordinates (relative) into `out` [n]. */
  readPositions(out: Float64Array): void {
    const { bodies } = this;
    out[0] = bodies[0]!.position.x / PX_PER_M;
    for (let i = 1; i <= this.links; i++) out[i] = bodies[i]!.angle - bodies[i - 1]!.angle;
  }

  /** Joint rates (relative) half a substep ago into `out` [n]. */
  readRates(out: Float64Array): void {
    const { bodies } = this;
    const h = this.#substepS;
    const cart = bodies[0]!;
    out[0] = (cart.position.x - cart.positionPrev.x) / (PX_PER_M * h);
    let previous = 0;
    for (let i = 1; i <= this.links; i++) {
      const rate = (bodies[i]!.angle - bodies[i]!.anglePrev) / h;
      out[i] = rate - previous;
      previous = rate;
    }
  }

  /** Velocities (x, y, angle) of every body half a substep ago, m/s, rad/s, into `out` [3 (1 + N)]. */
  readVelocities(out: Float64Array): void {
    const { bodies } = this;
    const h = this.#substepS;
    for (let b = 0; b < bodies.length; b++) {
      const body = bodies[b]!;
      out[3 * b] = (body.position.x - body.positionPrev.x) / (PX_PER_M * h);
      out[3 * b + 1] = (body.position.y - body.positionPrev.y) / (PX_PER_M * h);
      out[3 * b + 2] = (body.angle - body.anglePrev) / h;
    }
  }

  /** Moves every body by `scale` times its share of `by` (x, y, angle), m, rad; the cart only along the rail. */
  shift(by: Float64Array, scale: number): void {
    const { bodies } = this;
    const px = scale * PX_PER_M;
    bodies[0]!.position.x += px * by[0]!;
    for (let b = 1; b < bodies.length; b++) {
      const body = bodies[b]!;
      body.position.x += px * by[3 * b]!;
      body.position.y += px * by[3 * b + 1]!;
      body.angle += scale * by[3 * b + 2]!;
    }
  }

  /** Puts the cart back on the rail: Matter's gravity has pulled it down. */
  keepOnRail(): void {
    const cart = this.bodies[0]!;
    cart.position.y = 0;
    cart.positionPrev.y = 0;
  }

  /** Leaves a NaN, which the environment reports; never a state that only looks alive. */
  lose(): void {
    for (const body of this.bodies) body.angle = Number.NaN;
  }
}

function createBody(
  widthM: number,
  heightM: number,
  massKg: number,
  inertiaKgM2: number,
  substepMs: number,
): MatterBody {
  const body = Matter.Bodies.rectangle(0, 0, widthM * PX_PER_M, heightM * PX_PER_M, {
    frictionAir: 0,
    collisionFilter: { group: 0, category: 1, mask: 0 },
  }) as MatterBody;
  Matter.Body.setMass(body, massKg);
  // After the mass: setMass rescales the inertia. Matter's own would be four times that of a plate.
  Matter.Body.setInertia(body, inertiaKgM2 * PX_PER_M * PX_PER_M);
  body.deltaTime = substepMs;
  return body;
}

/** Sets the Verlet state to (x, y, angle) m, rad with the velocity (vx, vy, rate) m/s, rad/s, and clears all history. */
function placeBody(
  body: MatterBody,
  x: number,
  y: number,
  angle: number,
  vx: number,
  vy: number,
  rate: number,
  substepS: number,
): void {
  body.position.x = x * PX_PER_M;
  body.position.y = y * PX_PER_M;
  body.angle = angle;
  body.positionPrev.x = (x - vx * substepS) * PX_PER_M;
  body.positionPrev.y = (y - vy * substepS) * PX_PER_M;
  body.anglePrev = angle - rate * substepS;
  body.force.x = 0;
  body.force.y = 0;
  body.torque = 0;
}
