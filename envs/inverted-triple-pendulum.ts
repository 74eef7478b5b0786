import { z } from "zod";
import { CART_MASS_KG, capsuleChain, capsuleScene } from "./capsule-poles.ts";
import { proportionalPush } from "./cart-chain-actions.ts";
import { CartChainEnv, type CartChainTask } from "./cart-chain-env.ts";
import { cartChainShape, IDEAL } from "./cart-chain-parameters.ts";
import { defineEnvironment } from "./definition.ts";
import { capsuleMassKg } from "./physics/capsule.ts";
import { PoleObservation } from "./pole-observation.ts";

const POLES = 3;
const POLE_RADIUS_M = 0.045;
const POLE_LENGTH_M = 0.6;

const positive = () => z.number().positive();

const parameters = z.strictObject({
  ...cartChainShape({
    cartMassKg: CART_MASS_KG,
    cartDampingNsPerM: 0.05,
    hingeDampingNms: 0.05,
    gravityMPerS2: 9.81,
    sideGravityMPerS2: 0,
    railHalfLengthM: 1,
    railMarginM: 0.01,
    gearN: 500,
    controlLimit: 1,
    timeStepS: 0.005,
    frameSkip: 4,
    maxEpisodeSteps: 1000,
  }),
  poleMassKg: positive()
    .default(capsuleMassKg(POLE_RADIUS_M, POLE_LENGTH_M))
    .describe("mass of each pole, kg"),
  poleLengthM: positive().default(POLE_LENGTH_M).describe("length of each pole, m; its inertia follows"),
  poleRadiusM: positive().default(POLE_RADIUS_M).describe("radius of the poles, m (for the inertia)"),
  healthyReward: z.number().default(10).describe("reward of a step that does not end in a fall"),
  terminationShare: z
    .number()
    .min(-1)
    .max(1)
    .default(5 / 6)
    .describe("fallen when the tip is no higher than this share of its height upright"),
  resetNoise: z
    .number()
    .min(0)
    .default(0.02)
    .describe("every position and velocity starts within plus and minus this (uniform)"),
});

type Parameters = z.output<typeof parameters>;

/**
 * InvertedTriplePendulum: keep three poles, one on top of the other, upright on a cart. Poles and pushes are those of
 * InvertedDoublePendulum-v5; decisions are taken more often, for three poles fall faster.
 *
 * Observation, float32 [11]; angles after the first are relative to the pole below:
 *
 * | # | what | range | unit |
 * |---|---|---|---|
 * | 0 | position of the cart | any (end stops at +-1) | m |
 * | 1, 2, 3 | sin theta_1, sin theta_2, sin theta_3; theta_1 from upright, positive towards +x | -1 to 1 | |
 * | 4, 5, 6 | cos theta_1, cos theta_2, cos theta_3 | -1 to 1 | |
 * | 7 | velocity of the cart | any | m/s |
 * | 8, 9, 10 | rates of theta_1, theta_2, theta_3 | any | rad/s |
 *
 * Action, float32 [1]: -1 to 1, times 500 N on the cart.
 * Step: 0.02 s.
 * Reward: 10 (unless terminated) - 0.01 x_tip^2 - (z_tip - 1.8 m)^2 - 0.001 (theta_1'^2 + theta_2'^2 + theta_3'^2).
 * Start: all eight numbers U(-0.02, 0.02).
 * Terminated: z_tip <= 1.5 m, or a state that is not finite. Truncated: after 1000 steps (20 s).
 * Solved: mean return of at least 9500 (10000 is the most).
 * Info: `rewardSurvive`, `distancePenalty`, `velocityPenalty`; `nonFinite` where the physics blew up.
 *
 * Versions: this is the first.
 */
export const invertedTriplePendulum = defineEnvironment({
  id: "InvertedTriplePendulum",
  summary: "Keep three poles, one on top of the other, upright on a cart.",
  references: [
    "Furuta, Ochiai & Ono, Attitude control of a triple inverted pendulum, Int. J. Control 39, 1351 (1984)",
    "Gymnasium, InvertedDoublePendulum-v5, for the form of the reward",
  ],
  engines: ["matter", "lagrangian", "mujoco"],
  parameters,
  ideal: IDEAL,
  create: (engine, p) => new CartChainEnv({ schema: parameters, design }, engine, p),
});

function design(p: Parameters) {
  const poles = Array.from({ length: POLES }, () => ({ massKg: p.poleMassKg, lengthM: p.poleLengthM }));
  return {
    task: { scene: capsuleScene(p, poles, p.poleRadiusM), ...makeRules(p) },
    chain: capsuleChain(p, poles, p.poleRadiusM),
    push: proportionalPush(p.gearN, p.controlLimit),
  };
}

function makeRules(p: Parameters): Omit<CartChainTask, "scene"> {
  const observation = new PoleObservation(POLES);
  const upright = POLES * p.poleLengthM;
  return {
    id: "InvertedTriplePendulum",
    observationSpace: observation.space,
    observationLabels: observation.labels,
    rewardThreshold: 9500,
    sampleStart(rng, qpos, qvel) {
      rng.fillUniform(qpos, -p.resetNoise, p.resetNoise);
      rng.fillUniform(qvel, -p.resetNoise, p.resetNoise);
    },
    observe: ({ qpos, qvel }, out) => observation.write(qpos, qvel, out),
    judge({ qpos, qvel }) {
      // From the new state, not from the engine's tip, which MuJoCo's rules leave one stage behind.
      let angle = 0;
      let x = qpos[0]!;
      let z = 0;
      let rates = 0;
      for (let i = 1; i <= POLES; i++) {
        angle += qpos[i]!;
        x += p.poleLengthM * Math.sin(angle);
        z += p.poleLengthM * Math.cos(angle);
        rates += qvel[i]! ** 2;
      }
      const fallen = z <= p.terminationShare * upright;
      const rewardSurvive = fallen ? 0 : p.healthyReward;
      const distancePenalty = 0.01 * x * x + (z - upright) ** 2;
      const velocityPenalty = 1e-3 * rates;
      return {
        reward: rewardSurvive - distancePenalty - velocityPenalty,
        terminated: fallen && p.terminates,
        info: { rewardSurvive, distancePenalty, velocityPenalty },
      };
    },
  };
}
