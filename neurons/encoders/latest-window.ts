import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { defineEncoder } from "./spike-encoder.ts";

const parameters = z.strictObject({
  window: z.number().int().min(1).max(64).default(5).describe("latest observations shown, oldest first"),
  gain: z
    .number()
    .positive()
    .default(1)
    .describe("factor on the observations; small ones say little to a threshold"),
  repeat: z.number().int().min(1).max(100).default(3).describe("ticks each of them is shown for"),
});

/**
 * The published encoder: the `window` latest observations, one after the other, each as a constant input current for
 * `repeat` ticks; ticks = window x repeat. At the start of an episode the window is filled with its first observation.
 */
export const latestWindow = defineEncoder({
  id: "latest-window",
  summary: "the latest observations one after the other, each a constant current",
  references: ["He et al., Nature Computational Science 4, 584-599 (2024)"],
  parameters,
  create: ({ window, repeat, gain }) => ({
    id: "latest-window",
    window,
    repeat,
    ticks: window * repeat,
    random: false,
    inputSize: (size) => size,
    encode: (observations) => (gain === 1 ? observations : tf.mul(observations, gain)),
  }),
});
