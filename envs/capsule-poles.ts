import type { Scene } from "../core/scene.ts";
import type { CartChainParameters } from "./cart-chain-parameters.ts";
import { stopAt } from "./cart-chain-parameters.ts";
import { capsuleInertiaKgM2, capsuleMassKg } from "./physics/capsule.ts";
import type { CartChain } from "./physics/cart-chain.ts";

/** The bodies that Gymnasium's pendulum models are made of: a capsule as cart, uniform capsules as poles. */

const CART_RADIUS_M = 0.1;
const CART_LENGTH_M = 0.2;
export const CART_MASS_KG = capsuleMassKg(CART_RADIUS_M, CART_LENGTH_M);

export interface Pole {
  readonly massKg: number;
  readonly lengthM: number;
}

/** Poles one on top of the other, each a uniform capsule on a hinge that turns freely: inertia follows mass and length. */
export function capsuleChain(p: CartChainParameters, poles: readonly Pole[], radiusM: number): CartChain {
  return {
    cartMassKg: p.cartMassKg,
    cartDampingNsPerM: p.cartDampingNsPerM,
    cartFrictionN: p.cartFrictionN,
    rail: stopAt(p.railHalfLengthM, p.railMarginM, p),
    gravityXMPerS2: p.sideGravityMPerS2,
    gravityZMPerS2: -p.gravityMPerS2,
    links: poles.map(({ massKg, lengthM }) => ({
      massKg,
      lengthM,
      centreXM: 0,
      centreZM: lengthM / 2,
      inertiaKgM2: capsuleInertiaKgM2(massKg, radiusM, lengthM),
      dampingNms: p.hingeDampingNms,
      frictionNm: p.hingeFrictionNm,
      limit: null,
    })),
  };
}

/** The picture of it. */
export function capsuleScene(
  { railHalfLengthM }: CartChainParameters,
  poles: readonly { readonly lengthM: number }[],
  radiusM: number,
): Scene {
  const reach = (railHalfLengthM ?? 2) + 0.4;
  const height = poles.reduce((sum, { lengthM }) => sum + lengthM, 0.2);
  return {
    bodies: [
      {
        id: "cart",
        role: "cart",
        shape: { kind: "box", widthM: CART_LENGTH_M + 2 * CART_RADIUS_M, heightM: 2 * CART_RADIUS_M },
      },
      ...poles.map(
        ({ lengthM }, i) =>
          ({
            id: poles.length === 1 ? "pole" : `pole${i + 1}`,
            role: "pole",
            shape: { kind: "rod", lengthM, radiusM },
          }) as const,
      ),
    ],
    view: { xMin: -reach, xMax: reach, yMin: -height, yMax: height },
    ...(railHalfLengthM === null ? {} : { rail: { y: 0, xMin: -railHalfLengthM, xMax: railHalfLengthM } }),
    forceOn: 0,
  };
}
