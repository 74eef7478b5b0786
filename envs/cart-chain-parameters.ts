import { z } from "zod";
import { BETWEEN_EPISODES, NEVER } from "./parameter-change.ts";
import { DEFAULT_IMPEDANCE, type JointLimit } from "./physics/cart-chain.ts";
import type { EngineTiming } from "./physics/engine.ts";

/** The parameters that every cart-and-poles task shares; a task sets its own defaults. */

/** Defaults of one task. */
export interface CartChainDefaults {
  readonly cartMassKg: number;
  readonly cartDampingNsPerM: number;
  readonly hingeDampingNms: number;
  readonly gravityMPerS2: number;
  readonly sideGravityMPerS2: number;
  readonly railHalfLengthM: number | null;
  readonly railMarginM: number;
  readonly gearN: number;
  readonly controlLimit: number;
  readonly timeStepS: number;
  readonly frameSkip: number;
  readonly maxEpisodeSteps: number;
}

const positive = () => z.number().positive();
const notNegative = () => z.number().min(0);
/** The law: physics/dry-friction.ts; the tolerances: docs/decisions/dry-friction.md. */
const friction = (of: string) =>
  notNegative()
    .default(0)
    .describe(
      `dry (Coulomb) friction of ${of}: -F sign(v) in motion, at most F at rest (MuJoCo's frictionloss, its creep included); in 1 s \`mujoco\` and \`lagrangian\` agree to 1e-9, \`matter\` to 2e-3 m or rad`,
    );
const deviation = () => notNegative().default(0);
/** Long enough for any control loop; a typing error does not fill the memory. */
const delay = () => z.number().int().min(0).max(1000).default(0);

export function cartChainShape(d: CartChainDefaults) {
  return {
    cartMassKg: positive().default(d.cartMassKg).describe("mass of the cart, kg"),
    cartDampingNsPerM: notNegative().default(d.cartDampingNsPerM).describe("friction of the slider, N s/m"),
    cartFrictionN: friction("the slider, N"),
    hingeDampingNms: notNegative().default(d.hingeDampingNms).describe("friction of every hinge, N m s/rad"),
    hingeFrictionNm: friction("every hinge, N m"),
    gravityMPerS2: z.number().default(d.gravityMPerS2).describe("gravity, downwards, m/s2"),
    sideGravityMPerS2: z.number().default(d.sideGravityMPerS2).describe("gravity along +x, m/s2"),
    railHalfLengthM: positive()
      .nullable()
      .default(d.railHalfLengthM)
      .describe("end stops at plus and minus this, m; null: an endless rail"),
    railMarginM: notNegative()
      .default(d.railMarginM)
      .describe("the end stops start to push this far before their place, m"),
    stopTimeConstantS: positive()
      .default(0.02)
      .describe("time constant of all stops, s (MuJoCo's solref[0]; at least two time steps are used)"),
    stopDampingRatio: positive().default(1).describe("damping ratio of all stops (MuJoCo's solref[1])"),
    stopImpedance: z
      .tuple([z.number(), z.number(), z.number(), z.number(), z.number()])
      .default([...DEFAULT_IMPEDANCE])
      .describe("impedance curve of all stops (MuJoCo's solimp)"),
    gearN: z.number().default(d.gearN).describe("force of an action of 1, N"),
    controlLimit: positive()
      .default(d.controlLimit)
      .describe("actions lie within plus and minus this")
      .meta(NEVER),
    actuatorDelaySteps: delay().describe("steps until a push reaches the cart; 0 N until the first does"),
    actuatorNoiseN: deviation().describe(
      "standard deviation of the noise on the push, drawn for each step, N",
    ),
    observationDelaySteps: delay().describe(
      "steps that an observation is old; until the first arrives, that of the reset",
    ),
    placeNoiseM: deviation().describe("standard deviation of the noise on the cart's measured place, m"),
    angleNoiseRad: deviation().describe("standard deviation of the noise on every measured angle, rad"),
    velocityNoiseMPerS: deviation().describe(
      "standard deviation of the noise on the cart's measured velocity, m/s",
    ),
    rateNoiseRadPerS: deviation().describe(
      "standard deviation of the noise on every measured rate of an angle, rad/s",
    ),
    timeStepS: positive()
      .max(1)
      .default(d.timeStepS)
      .describe("MuJoCo's time step, s; the Runge-Kutta step of `lagrangian`")
      .meta(BETWEEN_EPISODES),
    frameSkip: z
      .number()
      .int()
      .min(1)
      .default(d.frameSkip)
      .describe("time steps in one environment step")
      .meta(BETWEEN_EPISODES),
    matterStepS: positive()
      .max(1)
      .default(0.0025)
      .describe("longest substep of the engine `matter`, s")
      .meta(BETWEEN_EPISODES),
    terminates: z.boolean().default(true).describe("whether a fall ends the episode"),
    afterEnd: z
      .enum(["error", "continue"])
      .default("error")
      .describe("what a step past the end of the episode does"),
    maxEpisodeSteps: z
      .number()
      .int()
      .min(1)
      .default(d.maxEpisodeSteps)
      .describe("steps until the episode is truncated")
      .meta(BETWEEN_EPISODES),
  };
}

/** Parsed values of `cartChainShape`, but for the range of the actions, which not every task has. */
export type CartChainParameters = Omit<
  z.output<z.ZodObject<ReturnType<typeof cartChainShape>>>,
  "controlLimit"
>;

export function timingOf(p: CartChainParameters): EngineTiming {
  return { timeStepS: p.timeStepS, frameSkip: p.frameSkip, matterStepS: p.matterStepS };
}

/** A symmetric stop, or none. */
export function stopAt(halfRange: number | null, margin: number, p: CartChainParameters): JointLimit | null {
  if (halfRange === null) return null;
  return {
    low: -halfRange,
    high: halfRange,
    margin,
    timeConstantS: p.stopTimeConstantS,
    dampingRatio: p.stopDampingRatio,
    impedance: p.stopImpedance,
  };
}

/** What `rollout --ideal` sets in every cart-and-poles task. 2 ms: Runge-Kutta is exact to 1e-7 there. */
export const IDEAL = {
  cartDampingNsPerM: 0,
  hingeDampingNms: 0,
  sideGravityMPerS2: 0,
  railHalfLengthM: null,
  gearN: 1,
  controlLimit: 1e6,
  timeStepS: 0.002,
  frameSkip: 10,
  terminates: false,
  maxEpisodeSteps: 1_000_000,
} as const;
