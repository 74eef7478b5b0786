import { z } from "zod";
import type { Scene } from "../core/scene.ts";
import { Box } from "../core/space.ts";
import { twoWayPush } from "./cart-chain-actions.ts";
import { CartChainEnv, type CartChainTask } from "./cart-chain-env.ts";
import { cartChainShape, stopAt } from "./cart-chain-parameters.ts";
import { defineEnvironment } from "./definition.ts";
import { NEVER } from "./parameter-change.ts";
import type { CartChain } from "./physics/cart-chain.ts";

const POLE_LENGTH_M = 1;
/** For the picture only. */
const CART_WIDTH_M = 0.4;
const CART_HEIGHT_M = 0.24;
const POLE_RADIUS_M = 0.03;

const { controlLimit: _, ...shared } = cartChainShape({
  cartMassKg: 1,
  cartDampingNsPerM: 0,
  hingeDampingNms: 0,
  gravityMPerS2: 9.8,
  sideGravityMPerS2: 0,
  railHalfLengthM: null,
  railMarginM: 0,
  gearN: 10,
  controlLimit: 1,
  timeStepS: 0.02,
  frameSkip: 1,
  maxEpisodeSteps: 500,
});

const parameters = z.strictObject({
  ...shared,
  poleMassKg: z.number().positive().default(0.1).describe("mass of the pole, a thin uniform rod, kg"),
  poleLengthM: z
    .number()
    .positive()
    .default(POLE_LENGTH_M)
    .describe("length of the pole (Gymnasium's `length` is half of it), m; its inertia follows"),
  terminationAngleRad: z
    .number()
    .positive()
    .default((12 * 2 * Math.PI) / 360)
    .describe("the pole has fallen beyond this angle, rad")
    .meta(NEVER),
  terminationDistanceM: z
    .number()
    .positive()
    .default(2.4)
    .describe("the cart has left the track beyond this, m")
    .meta(NEVER),
  suttonBartoReward: z
    .boolean()
    .default(false)
    .describe("false: 1 a step; true: 0 a step and -1 on the one that terminates"),
  resetNoise: z
    .number()
    .min(0)
    .default(0.05)
    .describe("every position and velocity starts within plus and minus this (uniform)"),
});

type Parameters = z.output<typeof parameters>;

/**
 * CartPole-v1: keep a light pole upright by pushing its cart left or right (Gymnasium's rules and equations).
 *
 * Observation, float32 [4]:
 *
 * | # | what | range | unit |
 * |---|---|---|---|
 * | 0 | position of the cart | +-4.8, twice where the episode ends | m |
 * | 1 | velocity of the cart | any | m/s |
 * | 2 | angle of the pole from upright, positive towards +x | +-0.419, twice where the episode ends | rad |
 * | 3 | rate of the angle | any | rad/s |
 *
 * Action, Discrete(2): 0 pushes the cart with 10 N to the left, 1 to the right.
 * Step: 0.02 s. Engine `classic` (the default) is Gymnasium's explicit Euler rule; the others solve the same body better.
 * Reward: 1 a step, the one that terminates included; 0 on steps past it. With `suttonBartoReward` 0 a step and -1 on
 * the one that terminates.
 * Start: all four numbers U(-0.05, 0.05).
 * Terminated: |angle| > 12 degrees, |position| > 2.4 m, or a state that is not finite. Truncated: after 500 steps.
 * Solved: mean return of at least 475 (500 is the most).
 * Info: empty; `nonFinite` where the physics blew up.
 *
 * Versions: v1 is Gymnasium's current one (v0: 200 steps, solved at 195).
 */
export const cartPole = defineEnvironment({
  id: "CartPole-v1",
  summary: "Keep one light pole upright by pushes to the left or right (Gymnasium's CartPole-v1).",
  references: [
    "Gymnasium, CartPole-v1, https://gymnasium.farama.org/environments/classic_control/cart_pole/",
    "Barto, Sutton & Anderson, IEEE Trans. SMC 13, 834 (1983)",
  ],
  engines: ["classic", "matter", "lagrangian", "mujoco"],
  parameters,
  // Its bodies are the textbook's already; its actions stay left and right.
  ideal: { timeStepS: 0.002, frameSkip: 10, terminates: false, maxEpisodeSteps: 1_000_000 },
  create: (engine, p) => new CartChainEnv({ schema: parameters, design }, engine, p),
});

function design(p: Parameters) {
  return { task: makeTask(p), chain: makeChain(p), push: twoWayPush(p.gearN) };
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
        centreXM: 0,
        centreZM: p.poleLengthM / 2,
        inertiaKgM2: (p.poleMassKg * p.poleLengthM ** 2) / 12,
        dampingNms: p.hingeDampingNms,
        frictionNm: p.hingeFrictionNm,
        limit: null,
      },
    ],
  };
}

function makeTask(p: Parameters): CartChainTask {
  const high = [2 * p.terminationDistanceM, Infinity, 2 * p.terminationAngleRad, Infinity];
  const upright = { reward: p.suttonBartoReward ? 0 : 1, terminated: false, info: {} };
  const falling = { reward: p.suttonBartoReward ? -1 : 1, terminated: p.terminates, info: {} };
  const fallen = { ...falling, reward: p.suttonBartoReward ? -1 : 0 };
  return {
    id: "CartPole-v1",
    observationSpace: new Box(
      high.map((x) => -x),
      high,
    ),
    observationLabels: ["x (m)", "velocity (m/s)", "angle (rad)", "angular velocity (rad/s)"],
    scene: makeScene(p),
    rewardThreshold: 475,
    startRangeM: 2 * p.terminationDistanceM,
    sampleStart(rng, qpos, qvel) {
      rng.fillUniform(qpos, -p.resetNoise, p.resetNoise);
      rng.fillUniform(qvel, -p.resetNoise, p.resetNoise);
    },
    observe({ qpos, qvel }, out) {
      out[0] = qpos[0]!;
      out[1] = qvel[0]!;
      out[2] = qpos[1]!;
      out[3] = qvel[1]!;
    },
    judge({ qpos }, fellBefore) {
      const within =
        Math.abs(qpos[0]!) <= p.terminationDistanceM && Math.abs(qpos[1]!) <= p.terminationAngleRad;
      return within ? upright : fellBefore ? fallen : falling;
    },
  };
}

function makeScene(p: Parameters): Scene {
  const reach = p.terminationDistanceM + 0.4;
  return {
    bodies: [
      { id: "cart", role: "cart", shape: { kind: "box", widthM: CART_WIDTH_M, heightM: CART_HEIGHT_M } },
      { id: "pole", role: "pole", shape: { kind: "rod", lengthM: p.poleLengthM, radiusM: POLE_RADIUS_M } },
    ],
    view: { xMin: -reach, xMax: reach, yMin: -0.4, yMax: p.poleLengthM + 0.2 },
    rail: { y: 0, xMin: -p.terminationDistanceM, xMax: p.terminationDistanceM },
    forceOn: 0,
  };
}
