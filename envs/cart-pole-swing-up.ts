import { z } from "zod";
import { CART_MASS_KG, capsuleChain, capsuleScene } from "./capsule-poles.ts";
import { proportionalPush } from "./cart-chain-actions.ts";
import { CartChainEnv } from "./cart-chain-env.ts";
import { cartChainShape, IDEAL } from "./cart-chain-parameters.ts";
import { defineEnvironment } from "./definition.ts";
import { capsuleMassKg } from "./physics/capsule.ts";
import { swingUpRules, swingUpShape } from "./swing-up.ts";

const POLE_RADIUS_M = 0.049;
const POLE_LENGTH_M = 0.6;

const positive = () => z.number().positive();

const parameters = z.strictObject({
  ...cartChainShape({
    cartMassKg: CART_MASS_KG,
    cartDampingNsPerM: 1,
    hingeDampingNms: 0.05,
    gravityMPerS2: 9.81,
    sideGravityMPerS2: 0,
    railHalfLengthM: 1,
    railMarginM: 0.01,
    gearN: 100,
    controlLimit: 1,
    timeStepS: 0.01,
    frameSkip: 4,
    maxEpisodeSteps: 500,
  }),
  poleMassKg: positive()
    .default(capsuleMassKg(POLE_RADIUS_M, POLE_LENGTH_M))
    .describe("mass of the pole, kg"),
  poleLengthM: positive().default(POLE_LENGTH_M).describe("length of the pole, m; its inertia follows"),
  poleRadiusM: positive().default(POLE_RADIUS_M).describe("radius of the pole, m (for its inertia)"),
  ...swingUpShape,
});

type Parameters = z.output<typeof parameters>;

/**
 * CartPoleSwingUp: swing a hanging pole up by pushing its cart, and keep it up. The pushes are too weak for one go: the
 * pole has to be pumped.
 *
 * Observation, float32 [5]:
 *
 * | # | what | range | unit |
 * |---|---|---|---|
 * | 0 | position of the cart | any (end stops at +-1) | m |
 * | 1, 2 | sin theta, cos theta; theta from upright, positive towards +x | -1 to 1 | |
 * | 3 | velocity of the cart | any | m/s |
 * | 4 | rate of theta | any | rad/s |
 *
 * Action, float32 [1]: -1 to 1, times 100 N on the cart.
 * Step: 0.04 s.
 * Reward: (1 + cos theta) / 2 - 0.1 x^2 - 0.0005 theta'^2.
 * Start: hanging, theta = pi; to all four numbers U(-0.1, 0.1) is added.
 * Terminated: only by a state that is not finite. Truncated: after 500 steps (20 s).
 * Solved: mean return of at least 450 (500 would be upright all the time).
 * Info: `heightReward`, `centrePenalty`, `velocityPenalty`; `nonFinite` where the physics blew up.
 *
 * Versions: this is the first.
 */
export const cartPoleSwingUp = defineEnvironment({
  id: "CartPoleSwingUp",
  summary: "Swing one hanging pole up by pushing its cart, and keep it up.",
  references: [
    "Astrom & Furuta, Swinging up a pendulum by energy control, Automatica 36, 287 (2000)",
    "Tassa et al., DeepMind Control Suite, arXiv:1801.00690 (2018): its cartpole swingup",
  ],
  engines: ["matter", "lagrangian", "mujoco"],
  parameters,
  ideal: IDEAL,
  create: (engine, p) => new CartChainEnv({ schema: parameters, design }, engine, p),
});

function design(p: Parameters) {
  const poles = [{ massKg: p.poleMassKg, lengthM: p.poleLengthM }];
  return {
    task: {
      id: "CartPoleSwingUp",
      scene: capsuleScene(p, poles, p.poleRadiusM),
      rewardThreshold: 450,
      ...swingUpRules(p, [p.poleLengthM]),
    },
    chain: capsuleChain(p, poles, p.poleRadiusM),
    push: proportionalPush(p.gearN, p.controlLimit),
  };
}
