import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import {
  type ConstantRow,
  constantSchema,
  fillConstants,
  trainedConstants,
  typicalValue,
} from "./constant.ts";
import { defineNeuron, readStates, scaleLeak, scaleRows } from "./neuron-model.ts";
import { spike, stopGradient, surrogateSchema } from "./surrogate.ts";

/** PyTorch's Linear(3 -> 1) starts within +- 1 / sqrt(3). */
const INNER = 1 / Math.sqrt(3);

/** Rows of the constants before the inner weights: decay and threshold. */
const LEAK_ROWS = 2;

const parameters = z.strictObject({
  decay: constantSchema(0.2, "share", "share of each compartment's membrane kept from tick to tick"),
  threshold: constantSchema(0.8, { scale: 1 }, "membrane above which a compartment spikes"),
  inner: constantSchema(
    { train: "layer", start: { draw: "uniform", mean: 0, spread: INNER } },
    { scale: 1 },
    "weights of the first three compartments onto the fourth; shared by the layer and trained",
  ),
  positiveInner: z.boolean().default(false).describe("make the three inner weights positive at the start"),
  detachReset: z.boolean().default(false).describe("leave the reset out of the gradient"),
  surrogate: surrogateSchema.default({ shape: "rectangle", width: 0.4, height: 1 }),
});

/**
 * The simplified LIF2HH neuron: four leaky integrate-and-fire compartments, three with a projection of their own and a
 * fourth fed by the membranes of the other three at the previous tick (discrete time, no units):
 *
 *   u_k[t] = d u_k[t-1] (1 - s_k[t-1]) + I_k[t]                                     k = 1, 2, 3
 *   u_4[t] = d u_4[t-1] (1 - s_4[t-1]) + w_1 u_1[t-1] + w_2 u_2[t-1] + w_3 u_3[t-1] + b
 *   s_k[t] = [u_k[t] > threshold]                                                   k = 1..4
 *
 * w and b are one Linear(3 -> 1) for the whole layer. Each compartment spikes and resets on its own, and all four spike
 * trains go on: inputs [batch, 3 units], outputs [batch, 4 units], plane after plane. Defaults: the published control
 * setting.
 */
export const sLif2Hh = defineNeuron({
  id: "s-lif2hh",
  summary: "four LIF compartments wired as the paper's simplified stand-in for Hodgkin-Huxley",
  references: ["He et al., Nature Computational Science 4, 584-599 (2024)"],
  parameters,
  create({ decay, threshold, inner, positiveInner, detachReset, surrogate }) {
    const rows: ConstantRow[] = [
      { name: "decay", setting: decay, range: "share" },
      { name: "threshold", setting: threshold, range: { scale: 1 } },
      ...["w1", "w2", "w3", "b"].map((name) => ({ name, setting: inner, range: { scale: 1 } })),
    ];
    const trained = trainedConstants(rows);
    return {
      id: "s-lif2hh",
      kernel: {
        kernel: "s-lif2hh",
        detachReset,
        surrogate,
        trainsLeak: trained.some(({ row }) => row < LEAK_ROWS),
      },
      tickMs: null,
      threshold: typicalValue(threshold),
      variables: ["u1", "u2", "u3", "u4"].map((name) => ({ name, unit: "", role: "membrane" as const })),
      inputsPerUnit: 3,
      outputsPerUnit: 4,
      states: ["u1", "u2", "u3", "u4"],
      trained,
      startingCurrent: 2 * typicalValue(threshold),

      constants(units, _ticks, rng) {
        const values = fillConstants(rows, units, rng);
        if (positiveInner) {
          const weights = values.subarray(2 * units, 5 * units);
          weights.forEach((w, i) => {
            weights[i] = Math.abs(w);
          });
        }
        return { rows: rows.length, values };
      },

      spread: { threshold: scaleRows([1]), conductance: scaleLeak(0) },

      rest(batch, units) {
        const zero = tf.zeros([batch, units]) as Tensor2D;
        return { u1: zero, u2: zero, u3: zero, u4: zero };
      },

      step(constants, state, current) {
        const [d, theta, w1, w2, w3, b] = tf.unstack(constants) as Tensor1D[];
        const { u1, u2, u3, u4 } = state as Record<"u1" | "u2" | "u3" | "u4", Tensor2D>;
        const drives = tf.split(current, 3, 1);
        const fed = tf.add(tf.add(tf.add(tf.mul(w1!, u1), tf.mul(w2!, u2)), tf.mul(w3!, u3)), b!) as Tensor2D;
        const before = [u1, u2, u3, u4].map((u) => spike(tf.sub(u, theta!), surrogate));
        const next = [u1, u2, u3, u4].map((u, k) => {
          const s = detachReset ? stopGradient(before[k]!) : before[k]!;
          return tf.add(tf.mul(tf.mul(d!, u), tf.sub(1, s)), k < 3 ? drives[k]! : fed) as Tensor2D;
        });
        const spikes = next.map((u) => spike(tf.sub(u, theta!), surrogate) as Tensor2D);
        const [n1, n2, n3, n4] = next as [Tensor2D, Tensor2D, Tensor2D, Tensor2D];
        return { output: tf.concat(spikes, 1) as Tensor2D, state: { u1: n1, u2: n2, u3: n3, u4: n4 } };
      },

      readVariables: readStates(4),
    };
  },
});
