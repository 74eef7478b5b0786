import { z } from "zod";
import type { CartChainTask } from "./cart-chain-env.ts";
import { PoleObservation } from "./pole-observation.ts";

/** What the swing-up tasks share: start hanging, earn height, never end early. */

export const swingUpShape = {
  centrePenaltyPerM2: z
    .number()
    .min(0)
    .default(0.1)
    .describe("reward taken per square metre of the cart's place"),
  ratePenalty: z.number().min(0).default(5e-4).describe("reward taken per (rad/s)^2, summed over the hinges"),
  resetNoise: z
    .number()
    .min(0)
    .default(0.1)
    .describe(
      "every position (hinges around hanging) and velocity starts within plus and minus this (uniform)",
    ),
};

interface SwingUpRules {
  readonly centrePenaltyPerM2: number;
  readonly ratePenalty: number;
  readonly resetNoise: number;
}

/**
 *     reward = (1 + z_tip / L) / 2 - c x^2 - k sum theta_i'^2,   z_tip = sum_i L_i cos(theta_1 + ... + theta_i)
 *
 * with L the height of the tip upright: 1 at rest, upright and in the middle, 0 hanging.
 */
export function swingUpRules(
  p: SwingUpRules,
  lengths: readonly number[],
): Pick<CartChainTask, "observationSpace" | "observationLabels" | "sampleStart" | "observe" | "judge"> {
  const observation = new PoleObservation(lengths.length);
  const full = lengths.reduce((sum, length) => sum + length, 0);
  return {
    observationSpace: observation.space,
    observationLabels: observation.labels,
    sampleStart(rng, qpos, qvel) {
      rng.fillUniform(qpos, -p.resetNoise, p.resetNoise);
      rng.fillUniform(qvel, -p.resetNoise, p.resetNoise);
      qpos[1] = qpos[1]! + Math.PI;
    },
    observe: ({ qpos, qvel }, out) => observation.write(qpos, qvel, out),
    judge({ qpos, qvel }) {
      // From the new state, not from the engine's tip, which MuJoCo's rules leave one stage behind.
      let angle = 0;
      let height = 0;
      let rates = 0;
      for (let i = 0; i < lengths.length; i++) {
        angle += qpos[i + 1]!;
        height += lengths[i]! * Math.cos(angle);
        rates += qvel[i + 1]! ** 2;
      }
      const heightReward = (1 + height / full) / 2;
      const centrePenalty = p.centrePenaltyPerM2 * qpos[0]! ** 2;
      const velocityPenalty = p.ratePenalty * rates;
      return {
        reward: heightReward - centrePenalty - velocityPenalty,
        terminated: false,
        info: { heightReward, centrePenalty, velocityPenalty },
      };
    },
  };
}
