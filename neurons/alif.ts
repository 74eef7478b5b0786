import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { resets } from "../kernels/neuron-kernels.ts";
import {
  type ConstantRow,
  constantSchema,
  fillConstants,
  trainedConstants,
  typicalValue,
} from "./constant.ts";
import { defineNeuron, readStates, scaleLeak, scaleRows } from "./neuron-model.ts";
import { spike, stopGradient, surrogateSchema } from "./surrogate.ts";

const parameters = z.strictObject({
  decay: constantSchema(0.8, "share", "share of the membrane kept from tick to tick"),
  threshold: constantSchema(0.3, { scale: 1 }, "threshold of a neuron that has not spiked lately"),
  adaptationDecay: constantSchema(0.9, "share", "share of the adaptation kept from tick to tick"),
  adaptation: constantSchema(0.15, "positive", "by how much a spike raises the threshold"),
  reset: z
    .enum(resets)
    .default("soft")
    .describe(
      "after a spike the membrane starts from 0 (hard), loses the threshold (soft), or goes on (none)",
    ),
  detachReset: z.boolean().default(false).describe("leave the reset out of the gradient"),
  surrogate: surrogateSchema.default({ shape: "triangle", width: 0.3, height: 1 }),
});

/**
 * Leaky integrate-and-fire neuron whose threshold rises with every spike and relaxes back, discrete time, no units:
 *
 *   v[t] = d v[t-1] - threshold s[t-1] + I[t]        (soft reset; hard: d v[t-1] (1 - s[t-1]) + I[t])
 *   a[t] = rho a[t-1] + s[t-1]
 *   s[t] = [v[t] > threshold + beta a[t]]
 */
export const alif = defineNeuron({
  id: "alif",
  summary: "leaky integrate-and-fire with an adaptive threshold",
  references: [
    "Bellec et al., Long short-term memory and learning-to-learn in networks of spiking neurons, NeurIPS (2018)",
    "Bellec et al., Nature Communications 11, 3625 (2020)",
  ],
  parameters,
  create({ decay, threshold, adaptationDecay, adaptation, reset, detachReset, surrogate }) {
    const rows: ConstantRow[] = [
      { name: "decay", setting: decay, range: "share" },
      { name: "threshold", setting: threshold, range: { scale: 1 } },
      { name: "adaptationDecay", setting: adaptationDecay, range: "share" },
      { name: "adaptation", setting: adaptation, range: "positive" },
    ];
    return {
      id: "alif",
      kernel: { kernel: "alif", reset, detachReset, surrogate },
      tickMs: null,
      threshold: typicalValue(threshold),
      variables: [
        { name: "v", unit: "", role: "membrane" },
        { name: "a", unit: "", role: "other" },
      ],
      inputsPerUnit: 1,
      outputsPerUnit: 1,
      states: ["v", "a"],
      trained: trainedConstants(rows),
      startingCurrent: 2 * typicalValue(threshold),

      constants: (units, _ticks, rng) => ({ rows: 4, values: fillConstants(rows, units, rng) }),

      spread: { threshold: scaleRows([1]), conductance: scaleLeak(0) },

      rest(batch, units) {
        const zero = tf.zeros([batch, units]) as Tensor2D;
        return { v: zero, a: zero };
      },

      step(constants, state, current) {
        const [d, theta, rho, beta] = tf.unstack(constants) as [Tensor1D, Tensor1D, Tensor1D, Tensor1D];
        const { v, a } = state as Record<"v" | "a", Tensor2D>;
        const spikes = (membrane: Tensor2D, adapted: Tensor2D) =>
          spike(tf.sub(membrane, tf.add(theta, tf.mul(beta, adapted))), surrogate) as Tensor2D;
        const last = state.s ?? spikes(v, a);
        const fired = detachReset ? stopGradient(last) : last;
        let kept = tf.mul(d, v);
        if (reset === "hard") kept = tf.mul(kept, tf.sub(1, fired));
        if (reset === "soft") kept = tf.sub(kept, tf.mul(theta, fired));
        const next = tf.add(kept, current) as Tensor2D;
        const adapted = tf.add(tf.mul(rho, a), last) as Tensor2D;
        const s = spikes(next, adapted);
        return { output: s, state: { v: next, a: adapted, s } };
      },

      readVariables: readStates(2),
    };
  },
});
