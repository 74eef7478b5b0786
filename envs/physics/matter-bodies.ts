import Matter from "matter-js";
import type { CartChain } from "./cart-chain.ts";

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
 * The cart and every link as free bodies of the right mass and inertia that collide with nothing; cart first.
 *
 * Matter's y points down, so y = -z and its angles are ours: positive from up towards +x.
 */
export function createBodies(chain: CartChain, substepMs: number): MatterBody[] {
  const cart = createBody(CART_WIDTH_M, CART_HEIGHT_M, chain.cartMassKg, 1, substepMs);
  return [
    cart,
    ...chain.links.map((link) =>
      createBody(LINK_WIDTH_M, link.lengthM, link.massKg, link.inertiaKgM2, substepMs),
    ),
  ];
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
export function placeBody(
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
