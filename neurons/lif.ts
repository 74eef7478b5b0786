import type { Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { defineNeuron } from "./neuron-model.ts";
import { spike, surrogateSchema } from "./surrogate.ts";

const parameters = z.strictObject({
  decay: z.number().min(0).max(1).default(0.2).describe("share of the membrane kept from tick to tick"),
  threshold: z.number().default(0.2).describe("membrane above which the neuron spikes"),
  surrogate: surrogateSchema.default({ shape: "rectangle", width: 0.4, height: 1 }),
});

/**
 * Leaky integrate-and-fire neuron with a hard reset, discrete time, no units:
 *
 *   v[t] = d v[t-1] (1 - s[t-1]) + I[t]
 *   s[t] = [v[t] > threshold]
 *
 * The reset's gradient is kept. Defaults: the published control setting (He et al. 2024).
 */
export const lif = defineNeuron({
  id: "lif",
  summary: "leaky integrate-and-fire, hard reset",
  references: ["He et al., Nature Computational Science 4, 584-599 (2024)"],
  parameters,
  create: ({ decay, threshold, surrogate }) => ({
    id: "lif",
    kernel: { kernel: "lif", surrogate },
    tickMs: null,
    threshold,
    variables: [{ name: "v", unit: "", role: "membrane" }],

    constants(units) {
      const values = new Float32Array(2 * units).fill(decay, 0, units).fill(threshold, units);
      return { rows: 2, values };
    },

    spread: {
      threshold(constants, factors) {
        for (let u = 0; u < factors.length; u++) constants[factors.length + u]! *= factors[u]!;
      },
      // d = exp(-dt g / C): a leak f times as large makes it d^f.
      conductance(constants, factors) {
        for (let u = 0; u < factors.length; u++) constants[u] = constants[u]! ** factors[u]!;
      },
    },

    rest: (batch, units) => ({ v: tf.zeros([batch, units]), s: tf.zeros([batch, units]) }),

    step(constants, state, current) {
      const [d, theta] = tf.unstack(constants) as [tf.Tensor1D, tf.Tensor1D];
      const v = tf.add(tf.mul(tf.mul(d, state.v!), tf.sub(1, state.s!)), current) as Tensor2D;
      const s = spike(tf.sub(v, theta), surrogate) as Tensor2D;
      return { output: s, state: { v, s } };
    },

    readVariables({ ticks, units, states }, unit, out) {
      for (let t = 0; t < ticks; t++) out[t] = states[t * units + unit]!;
    },
  }),
});
