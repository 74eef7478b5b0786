import type { CartChain, ChainLink, JointLimit } from "./cart-chain.ts";

/** Enough for every chain here, its stops included; MuJoCo's own choice would be 4 MiB for each environment. */
const ARENA = "16K";

/**
 * A cart chain as a MuJoCo model file (MJCF): a slider along x, hinges about y, `inertial` elements instead of shapes, and
 * a site "tip" at the end of the last link. Numbers keep all their digits, so MuJoCo computes with the same ones.
 *
 * Contacts are off; the side inertias that a plane motion never feels are those about its own axis; nothing is reset
 * behind our back when the state blows up.
 */
export function modelOf(chain: CartChain, timeStepS: number): string {
  // From the last link inwards, each around what it carries.
  let inner = `<site name="tip" pos="0 0 ${chain.links.at(-1)!.lengthM}"/>`;
  for (let i = chain.links.length - 1; i >= 0; i--) {
    inner = linkBody(chain.links[i]!, i === 0 ? 0 : chain.links[i - 1]!.lengthM, inner);
  }
  return `<mujoco model="cart chain">
  <compiler angle="radian" autolimits="false"/>
  <option timestep="${timeStepS}" gravity="${chain.gravityXMPerS2} 0 ${chain.gravityZMPerS2}" integrator="RK4">
    <flag contact="disable" autoreset="disable"/>
  </option>
  <size memory="${ARENA}"/>
  <worldbody>
    <body>
      ${joint('type="slide" axis="1 0 0"', chain.cartDampingNsPerM, chain.cartFrictionN, chain.rail)}
      ${inertial(0, 0, chain.cartMassKg, chain.cartMassKg)}
      ${inner}
    </body>
  </worldbody>
</mujoco>`;
}

function linkBody(link: ChainLink, heightM: number, inner: string): string {
  return `<body pos="0 0 ${heightM}">
        ${joint('type="hinge" axis="0 1 0"', link.dampingNms, link.frictionNm, link.limit)}
        ${inertial(link.centreXM, link.centreZM, link.massKg, link.inertiaKgM2)}
        ${inner}
      </body>`;
}

function joint(kind: string, damping: number, friction: number, limit: JointLimit | null): string {
  const stops =
    limit === null
      ? 'limited="false"'
      : `limited="true" range="${limit.low} ${limit.high}" margin="${limit.margin}" solreflimit="${limit.timeConstantS} ${limit.dampingRatio}" solimplimit="${limit.impedance.join(" ")}"`;
  return `<joint ${kind} damping="${damping}" frictionloss="${friction}" ${stops}/>`;
}

function inertial(xM: number, zM: number, massKg: number, inertiaKgM2: number): string {
  const equal = Array(3).fill(inertiaKgM2).join(" ");
  return `<inertial pos="${xM} 0 ${zM}" mass="${massKg}" diaginertia="${equal}"/>`;
}
