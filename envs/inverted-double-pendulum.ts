import { z } from "zod";
import { Box } from "../core/space.ts";
import { CART_MASS_KG, capsuleChain, capsuleScene } from "./capsule-poles.ts";
import { proportionalPush } from "./cart-chain-actions.ts";
import { CartChainEnv, type CartChainTask } from "./cart-chain-env.ts";
import { cartChainShape, IDEAL } from "./cart-chain-parameters.ts";
import { defineEnvironment } from "./definition.ts";
import { NEVER } from "./parameter-change.ts";
import { capsuleMassKg } from "./physics/capsule.ts";

/** The poles of Gymnasium's inverted_double_pendulum.xml. */
const POLE_RADIUS_M = 0.045;
const POLE_LENGTH_M = 0.6;
const POLE_MASS_KG = capsuleMassKg(POLE_RADIUS_M, POLE_LENGTH_M);

/** Observed velocities and stop forces are clipped to plus and minus this (Gymnasium). */
const OBSERVATION_CLIP = 10;

const mass = () => z.number().positive().default(POLE_MASS_KG);
const length = () => z.number().positive().default(POLE_LENGTH_M);

const parameters = z.strictObject({
  ...cartChainShape({
    cartMassKg: CART_MASS_KG,
    cartDampingNsPerM: 0.05,
    hingeDampingNms: 0.05,
    gravityMPerS2: 9.81,
    sideGravityMPerS2: 1e-5,
    railHalfLengthM: 1,
    railMarginM: 0.01,
    gearN: 500,
    controlLimit: 1,
    timeStepS: 0.01,
    frameSkip: 5,
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
  observation: z
    .enum(["v5", "v4"])
    .default("v5")
    .describe("v5: 9 numbers, the rail's stop force last; v4: 11, the forces of all three joints last")
    .meta(NEVER),
  healthyReward: z.number().default(10).describe("reward of a step that does not end in a fall"),
  terminationHeightM: z.number().default(1).describe("fallen when the tip is no higher than this, m"),
  targetHeightM: z.number().default(2).describe("height the tip's distance penalty is measured from, m"),
  resetNoise: z
    .number()
    .min(0)
    .default(0.1)
    .describe("positions start within plus and minus this (uniform), velocities at this times N(0, 1)"),
});

type Parameters = z.output<typeof parameters>;

/**
 * InvertedDoublePendulum-v5: keep two poles, one on top of the other, upright on a cart (Gymnasium's rules and MuJoCo
 * model).
 *
 * Observation, float32 [9]; `theta_2` is relative to the lower pole:
 *
 * | # | what | range | unit |
 * |---|---|---|---|
 * | 0 | position of the cart | any (end stops at +-1) | m |
 * | 1, 2 | sin theta_1, sin theta_2 | -1 to 1 | |
 * | 3, 4 | cos theta_1, cos theta_2 | -1 to 1 | |
 * | 5 | velocity of the cart | clipped to +-10 | m/s |
 * | 6, 7 | rates of theta_1, theta_2 | clipped to +-10 | rad/s |
 * | 8 | force of the rail's end stops on the cart | clipped to +-10 | N |
 *
 * `observation: "v4"` has 11 numbers: the last one followed by the stop torques of both hinges, which have no stops (0).
 *
 * Action, float32 [1]: -1 to 1, times 500 N on the cart.
 * Step: 0.05 s.
 * Reward: 10 (unless terminated) - 0.01 x_tip^2 - (z_tip - 2)^2 - 0.001 theta_1'^2 - 0.005 theta_2'^2. Upright it is at
 * most 9.36, for the tip can only reach 1.2 m.
 * Start: positions U(-0.1, 0.1), velocities 0.1 N(0, 1).
 * Terminated: z_tip <= 1 m, or a state that is not finite. Truncated: after 1000 steps.
 * Solved: mean return of at least 9100 (9360 is the most).
 * Info: `rewardSurvive`, `distancePenalty`, `velocityPenalty`; `nonFinite` where the physics blew up.
 *
 * Tip and stop force are what MuJoCo leaves after a step: with `lagrangian` those of the last Runge-Kutta stage.
 *
 * Versions: v5 is Gymnasium's current one, whose step that terminates does not earn the 10 (v4: it does).
 */
export const invertedDoublePendulum = defineEnvironment({
  id: "InvertedDoublePendulum-v5",
  summary: "Keep two poles, one on the other, upright on a cart (Gymnasium's InvertedDoublePendulum-v5).",
  references: [
    "Gymnasium, InvertedDoublePendulum-v5, https://gymnasium.farama.org/environments/mujoco/inverted_double_pendulum/",
  ],
  engines: ["matter", "lagrangian", "mujoco"],
  parameters,
  ideal: IDEAL,
  create: (engine, p) => new CartChainEnv({ schema: parameters, design }, engine, p),
});

function design(p: Parameters) {
  return {
    task: makeTask(p),
    chain: capsuleChain(p, polesOf(p), p.poleRadiusM),
    push: proportionalPush(p.gearN, p.controlLimit),
  };
}

function polesOf(p: Parameters) {
  return [
    { massKg: p.pole1MassKg, lengthM: p.pole1LengthM },
    { massKg: p.pole2MassKg, lengthM: p.pole2LengthM },
  ];
}

function makeTask(p: Parameters): CartChainTask {
  const forces = p.observation === "v5" ? 1 : 3;
  const clip = OBSERVATION_CLIP;
  const high = [Infinity, 1, 1, 1, 1, clip, clip, clip, ...Array<number>(forces).fill(clip)];
  return {
    id: "InvertedDoublePendulum-v5",
    observationSpace: new Box(
      high.map((x) => -x),
      high,
    ),
    observationLabels: [
      "x (m)",
      "sin theta 1",
      "sin theta 2",
      "cos theta 1",
      "cos theta 2",
      "velocity (m/s)",
      "theta 1 rate (rad/s)",
      "theta 2 rate (rad/s)",
      ...["rail stop force (N)", "hinge 1 stop torque (N m)", "hinge 2 stop torque (N m)"].slice(0, forces),
    ],
    scene: capsuleScene(p, polesOf(p), p.poleRadiusM),
    rewardThreshold: 9100,
    sampleStart(rng, qpos, qvel) {
      rng.fillUniform(qpos, -p.resetNoise, p.resetNoise);
      rng.fillNormal(qvel, 0, p.resetNoise);
    },
    observe({ qpos, qvel, constraintForce }, out) {
      out[0] = qpos[0]!;
      for (let i = 1; i <= 2; i++) {
        out[i] = Math.sin(qpos[i]!);
        out[i + 2] = Math.cos(qpos[i]!);
      }
      for (let i = 0; i < 3; i++) out[i + 5] = clipped(qvel[i]!);
      for (let i = 0; i < forces; i++) out[i + 8] = clipped(constraintForce[i]!);
    },
    judge({ tip, qvel }) {
      const x = tip[0]!;
      const z = tip[1]!;
      const fallen = z <= p.terminationHeightM;
      const rewardSurvive = fallen ? 0 : p.healthyReward;
      const distancePenalty = 0.01 * x * x + (z - p.targetHeightM) ** 2;
      const velocityPenalty = 1e-3 * qvel[1]! ** 2 + 5e-3 * qvel[2]! ** 2;
      return {
        reward: rewardSurvive - distancePenalty - velocityPenalty,
        terminated: fallen && p.terminates,
        info: { rewardSurvive, distancePenalty, velocityPenalty },
      };
    },
  };
}

function clipped(x: number): number {
  return Math.max(-OBSERVATION_CLIP, Math.min(OBSERVATION_CLIP, x));
}
