import { z } from "zod";
import { CART_MASS_KG, capsuleChain, capsuleScene } from "./capsule-poles.ts";
import { proportionalPush } from "./cart-chain-actions.ts";
import { CartChainEnv } from "./cart-chain-env.ts";
import { cartChainShape, IDEAL } from "./cart-chain-parameters.ts";
import { defineEnvironment } from "./definition.ts";
import { capsuleMassKg } from "./physics/capsule.ts";
import { swingUpRules, swingUpShape } from "./swing-up.ts";

const POLE_RADIUS_M = 0.045;
const POLE_LENGTH_M = 0.6;
const POLE_MASS_KG = capsuleMassKg(POLE_RADIUS_M, POLE_LENGTH_M);

const mass = () => z.number().positive().default(POLE_MASS_KG);
const length = () => z.number().positive().default(POLE_LENGTH_M);

const parameters = z.strictObject({
  ...cartChainShape({
    cartMassKg: CART_MASS_KG,
    cartDampingNsPerM: 0.05,
    hingeDampingNms: 0.05,
    gravityMPerS2: 9.81,
    sideGravityMPerS2: 0,
    railHalfLengthM: 2,
    railMarginM: 0.01,
    gearN: 500,
    controlLimit: 1,
    timeStepS: 0.005,
    frameSkip: 4,
    maxEpisodeSteps: 1000,
  }),
  pole1MassKg: mass().describe("mass of the lower pole, kg"),
  pole2MassKg: mass().describe("mass of the upper pole, kg"),
  pole1LengthM: length().describe("length of the lower pole, m; its inertia follows"),
  pole2LengthM: length().describe("length of the upper pole, m; its inertia follows"),
  poleRadiusM: z
    .number()
    .positive()
    .default(POLE_RADIUS_M)
    .describe("radius of both poles, m (for the inertia)"),
  ...swingUpShape,
});

type Parameters = z.output<typeof parameters>;

/**
 * DoublePendulumSwingUp: swing two hanging poles, one at the end of the other, up by pushing their cart, and keep them up.
 * The bodies are those of InvertedDoublePendulum-v5, the rail is twice as long.
 *
 * Observation, float32 [8]; `theta_2` is relative to the lower pole:
 *
 * | # | what | range | unit |
 * |---|---|---|---|
 * | 0 | position of the cart | any (end stops at +-2) | m |
 * | 1, 2 | sin theta_1, sin theta_2; theta_1 from upright, positive towards +x | -1 to 1 | |
 * | 3, 4 | cos theta_1, cos theta_2 | -1 to 1 | |
 * | 5 | velocity of the cart | any | m/s |
 * | 6, 7 | rates of theta_1, theta_2 | any | rad/s |
 *
 * Action, float32 [1]: -1 to 1, times 500 N on the cart.
 * Step: 0.02 s.
 * Reward: (1 + z_tip / 1.2 m) / 2 - 0.1 x^2 - 0.0005 (theta_1'^2 + theta_2'^2).
 * Start: hanging, theta_1 = pi, theta_2 = 0; to all six numbers U(-0.1, 0.1) is added.
 * Terminated: only by a state that is not finite. Truncated: after 1000 steps (20 s).
 * Solved: mean return of at least 700 (1000 would be upright all the time).
 * Info: `heightReward`, `centrePenalty`, `velocityPenalty`; `nonFinite` where the physics blew up.
 *
 * Versions: this is the first.
 */
export const doublePendulumSwingUp = defineEnvironment({
  id: "DoublePendulumSwingUp",
  summary:
    "Swing two hanging poles, one at the end of the other, up by pushing their cart, and keep them up.",
  references: [
    "Zhong & Rock, Energy and passivity based control of the double inverted pendulum on a cart, CCA 2001",
  ],
  engines: ["matter", "lagrangian", "mujoco"],
  parameters,
  ideal: IDEAL,
  create: (engine, p) => new CartChainEnv({ schema: parameters, design }, engine, p),
});

function design(p: Parameters) {
  const poles = [
    { massKg: p.pole1MassKg, lengthM: p.pole1LengthM },
    { massKg: p.pole2MassKg, lengthM: p.pole2LengthM },
  ];
  return {
    task: {
      id: "DoublePendulumSwingUp",
      scene: capsuleScene(p, poles, p.poleRadiusM),
      rewardThreshold: 700,
      ...swingUpRules(p, [p.pole1LengthM, p.pole2LengthM]),
    },
    chain: capsuleChain(p, poles, p.poleRadiusM),
    push: proportionalPush(p.gearN, p.controlLimit),
  };
}
