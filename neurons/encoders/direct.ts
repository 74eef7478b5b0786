import { z } from "zod";
import { defineEncoder } from "./spike-encoder.ts";

const parameters = z.strictObject({
  ticks: z.number().int().min(1).max(1000).default(15).describe("ticks the observation is shown for"),
});

/** The newest observation as a constant input current for all ticks. */
export const direct = defineEncoder({
  id: "direct",
  summary: "the newest observation as a constant current",
  references: [],
  parameters,
  create: ({ ticks }) => ({
    id: "direct",
    window: 1,
    repeat: ticks,
    ticks,
    random: false,
    inputSize: (size) => size,
    encode: (observations) => observations,
  }),
});
