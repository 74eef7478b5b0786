import { z } from "zod";
import { Box } from "../core/space.ts";
import { CART_MASS_KG, capsuleScene } from "./capsule-poles.ts";
import { proportionalPush } from "./cart-chain-actions.ts";
import { CartChainEnv, type CartChainTask } from "./cart-chain-env.ts";
import { cartChainShape, IDEAL, stopAt } from "./cart-chain-parameters.ts";
import { defineEnvironment } from "./definition.ts";
import { capsuleInertiaKgM2, capsuleMassKg } from "./physics/capsule.ts";
import type { CartChain } from "./physics/cart-chain.ts";

/** The pole of Gymnasium's inverted_pendulum.xml runs from (0, 0) to (0.001, 0.6), hence an offset. */
const POLE_RADIUS_M = 0.049;
const POLE_LENGTH_M = 0.6;
const POLE_OFFSET_M = 0.0005;
const POLE_MASS_KG = capsuleMassKg(POLE_RADIUS_M, leaningLength(POLE_LENGTH_M, POLE_OFFSET_M));

const parameters = z.strictObject({
  ...cartChainShape({
    cartMassKg: CART_MASS_KG,
    cartDampingNsPerM: 1,
    hingeDampingNms: 1,
    gravityMPerS2: 9.81,
    sideGravityMPerS2: 0,
    railHalfLengthM: 1,
    railMarginM: 0,
    gearN: 100,
    controlLimit: 3,
    timeStepS: 0.02,
    frameSkip: 2,
    maxEpisodeSteps: 1000,
  }),
  poleMassKg: z.number().positive().default(POLE_MASS_KG).describe("mass of the pole, kg"),
  poleLengthM: z.number().positive().default(POLE_LENGTH_M).describe("length of the pole, m"),
  poleRadiusM: z
    .number()
    .positive()
    .default(POLE_RADIUS_M)
    .describe("radius of the pole, m (for its inertia)"),
  poleOffsetM: z
    .number()
    .default(POLE_OFFSET_M)
    .describe("centre of mass beside the pole's line at height length / 2, m"),
  poleInertiaKgM2: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe(
      "inertia about the centre of mass, kg m2; null: that of a capsule of this mass, length and radius",
    ),
  hingeLimitRad: z
    .number()
    .positive()
    .nullable()
    .default(Math.PI / 2)
    .describe("stops of the hinge at plus and minus this, rad; null: it turns freely"),
  terminationAngleRad: z
    .number()
    .positive()
    .default(0.2)
    .describe("the pole has fallen beyond this angle, rad"),
  resetNoise: z
    .number()
    .min(0)
    .default(0.01)
    .describe("every position and velocity starts within plus and minus this (uniform)"),
});

type Parameters = z.output<typeof parameters>;

/**
 * InvertedPendulum-v5: keep a pole upright on a cart by pushing the cart (Gymnasium's rules and MuJoCo model).
 *
 * Observation, float32 [4]:
 *
 * | # | what | range | unit |
 * |---|---|---|---|
 * | 0 | position of the cart | any (end stops at +-1) | m |
 * | 1 | angle of the pole from upright, positive towards +x | any | rad |
 * | 2 | velocity of the cart | any | m/s |
 * | 3 | rate of the angle | any | rad/s |
 *
 * Action, float32 [1]: -3 to 3, times 100 N on the cart.
 * Step: 0.04 s.
 * Reward: 1 a step, 0 on the step that terminates.
 * Start: all four numbers U(-0.01, 0.01).
 * Terminated: |angle| > 0.2 rad, or a state that is not finite. Truncated: after 1000 steps.
 * Solved: mean return of at least 950 (1000 is the most).
 * Info: `rewardSurvive`; `nonFinite` where the physics blew up.
 *
 * Versions: v5 is Gymnasium's current one, whose step that terminates earns 0 (v4: 1).
 */
export const invertedPendulum = defineEnvironment({
  id: "InvertedPendulum-v5",
  summary: "Keep one pole upright on a cart (Gymnasium's InvertedPendulum-v5).",
  references: [
    "Gymnasium, InvertedPendulum-v5, https://gymnasium.farama.org/environments/mujoco/inverted_pendulum/",
    "Barto, Sutton & Anderson, IEEE Trans. SMC 13, 834 (1983)",
  ],
  engines: ["matter", "lagrangian", "mujoco"],
  parameters,
  // The reference model keeps the inertia of the leaning capsule when it loses the offset.
  ideal: {
    ...IDEAL,
    poleOffsetM: 0,
    poleInertiaKgM2: poleInertia(POLE_MASS_KG, POLE_RADIUS_M, POLE_LENGTH_M, POLE_OFFSET_M),
    hingeLimitRad: null,
  },
  create: (engine, p) => new CartChainEnv({ schema: parameters, design }, engine, p),
});

/** Of a capsule from (0, 0) to (2 offset, length). */
function poleInertia(massKg: number, radiusM: number, lengthM: number, offsetM: number): number {
  return capsuleInertiaKgM2(massKg, radiusM, leaningLength(lengthM, offsetM));
}

function design(p: Parameters) {
  return { task: makeTask(p), chain: makeChain(p), push: proportionalPush(p.gearN, p.controlLimit) };
}

/** From (0, 0) to (2 offset, length); a plain root, not Math.hypot, which rounds otherwise than MuJoCo. */
function leaningLength(lengthM: number, offsetM: number): number {
  return Math.sqrt(4 * offsetM * offsetM + lengthM * lengthM);
}

function makeChain(p: Parameters): CartChain {
  return {
    cartMassKg: p.cartMassKg,
    cartDampingNsPerM: p.cartDampingNsPerM,
    cartFrictionN: p.cartFrictionN,
    rail: stopAt(p.railHalfLengthM, p.railMarginM, p),
    gravityXMPerS2: p.sideGravityMPerS2,
    gravityZMPerS2: -p.gravityMPerS2,
    links: [
      {
        massKg: p.poleMassKg,
        lengthM: p.poleLengthM,
        centreXM: p.poleOffsetM,
        centreZM: p.poleLengthM / 2,
        inertiaKgM2:
          p.poleInertiaKgM2 ?? poleInertia(p.poleMassKg, p.poleRadiusM, p.poleLengthM, p.poleOffsetM),
        dampingNms: p.hingeDampingNms,
        frictionNm: p.hingeFrictionNm,
        limit: stopAt(p.hingeLimitRad, 0, p),
      },
    ],
  };
}

function makeTask(p: Parameters): CartChainTask {
  const any = [Infinity, Infinity, Infinity, Infinity];
  return {
    id: "InvertedPendulum-v5",
    observationSpace: new Box(
      any.map((x) => -x),
      any,
    ),
    observationLabels: ["x (m)", "angle (rad)", "velocity (m/s)", "angular velocity (rad/s)"],
    scene: capsuleScene(p, [{ lengthM: p.poleLengthM }], p.poleRadiusM),
    rewardThreshold: 950,
    sampleStart(rng, qpos, qvel) {
      rng.fillUniform(qpos, -p.resetNoise, p.resetNoise);
      rng.fillUniform(qvel, -p.resetNoise, p.resetNoise);
    },
    observe({ qpos, qvel }, out) {
      out[0] = qpos[0]!;
      out[1] = qpos[1]!;
      out[2] = qvel[0]!;
      out[3] = qvel[1]!;
    },
    judge({ qpos }) {
      const fallen = Math.abs(qpos[1]!) > p.terminationAngleRad;
      const reward = fallen ? 0 : 1;
      return { reward, terminated: fallen && p.terminates, info: { rewardSurvive: reward } };
    },
  };
}
