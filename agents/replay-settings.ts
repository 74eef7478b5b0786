import { z } from "zod";

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
};
