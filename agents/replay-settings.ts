import { z } from "zod";
import type { ReplaySettings } from "./algorithm.ts";
import type { SpikingActor } from "./spiking-actor.ts";

/** What the off-policy algorithms ask of their replay buffer; each adds its own settings to these. */
export const replayShape = {
  gamma: z.number().min(0).max(1).default(0.99).describe("discount of a reward one step later"),
  randomSteps: z
    .number()
    .int()
    .min(0)
    .default(2_000)
    .describe("environment steps at the start with uniformly random actions"),
  learnFrom: z
    .number()
    .int()
    .min(1)
    .default(65)
    .describe("transitions in the replay buffer before the first update"),
  updateEvery: z.number().int().min(1).default(1).describe("environment steps between updates"),
  updatesPerStep: z.number().int().min(0).default(1).describe("gradient updates each time"),
  bufferCapacity: z
    .number()
    .int()
    .min(1)
    .default(1_000_000)
    .describe("transitions kept; the oldest give way"),
  batchSize: z.number().int().min(1).default(64).describe("transitions (or sequences) in an update"),
  nStep: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe("rewards summed before the value of a later state stands for the rest"),
  sequence: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(8)
    .describe("steps of a sample that are learnt from, where the policy's neurons go on through the episode"),
  burnIn: z
    .number()
    .int()
    .min(0)
    .max(1000)
    .default(4)
    .describe("steps before them, from the stored state on, that only bring the neurons' state up to date"),
};

/**
 * What the replay buffer is asked for: single transitions, or, where the policy's neurons go on through the episode,
 * sequences from their stored state on with a burn-in (Kapturowski et al. 2019, "Recurrent experience replay in
 * distributed reinforcement learning").
 */
export function replayOf(settings: ReplaySettings, { carries }: SpikingActor): ReplaySettings {
  return carries ? settings : { ...settings, sequence: 1, burnIn: 0 };
}
