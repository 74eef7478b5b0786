import type { Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { defineNeuron } from "./neuron-model.ts";
import { spike, surrogateSchema } from "./surrogate.ts";

const parameters = z.strictObject({
  threshold: z.number().default(0.5).describe("rectified input above which the unit is on"),
  surrogate: surrogateSchema.default({ shape: "rectangle", width: 0.5, height: 1 }),
});

/**
 * The published "ANN" baseline: a rectified unit binarised with the spiking networks' surrogate, without memory:
 *
 *   x = max(0, I);   s = [x > threshold]
 *
 * It is not an ordinary ReLU network (whose output would be x itself).
 */
export const ann = defineNeuron({
  id: "ann",
  summary: "binarised rectifier without memory, the published ANN baseline",
  references: ["He et al., Nature Computational Science 4, 584-599 (2024)"],
  parameters,
  caveat: "the published ANN is binarised at its threshold; it is not an ordinary ReLU network",
  create: ({ threshold, surrogate }) => ({
    id: "ann",
    kernel: { kernel: "binary", surrogate, threshold },
    tickMs: null,
    threshold,
    variables: [{ name: "x", unit: "", role: "membrane" }],

    constants: (units) => ({ rows: 1, values: new Float32Array(units) }),

    rest: () => ({}),

    step(_constants, _state, current) {
      const x = tf.relu(current);
      return { output: spike(tf.sub(x, threshold), surrogate) as Tensor2D, state: {} };
    },

    readVariables({ ticks, units, states }, unit, out) {
      for (let t = 0; t < ticks; t++) out[t] = states[t * units + unit]!;
    },
  }),
});
