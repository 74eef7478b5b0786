import type { Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import {
  type ConstantRow,
  constantSchema,
  fillConstants,
  trainedConstants,
  typicalValue,
} from "./constant.ts";
import { defineNeuron, readStates, scaleRows } from "./neuron-model.ts";
import { spike, surrogateSchema } from "./surrogate.ts";

const parameters = z.strictObject({
  threshold: constantSchema(0.5, { scale: 1 }, "rectified input above which the unit is on"),
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
  create({ threshold, surrogate }) {
    const rows: ConstantRow[] = [{ name: "threshold", setting: threshold, range: { scale: 1 } }];
    return {
      id: "ann",
      kernel: { kernel: "binary", surrogate },
      tickMs: null,
      threshold: typicalValue(threshold),
      variables: [{ name: "x", unit: "", role: "membrane" }],
      inputsPerUnit: 1,
      outputsPerUnit: 1,
      states: ["x"],
      trained: trainedConstants(rows),
      startingCurrent: 1,

      constants: (units, _ticks, rng) => ({ rows: 1, values: fillConstants(rows, units, rng) }),

      spread: { threshold: scaleRows([0]) },

      rest: (batch, units) => ({ x: tf.zeros([batch, units]) }),

      step(constants, _state, current) {
        const x = tf.relu(current);
        return { output: spike(tf.sub(x, constants), surrogate) as Tensor2D, state: { x } };
      },

      readVariables: readStates(1),
    };
  },
});
