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
import { defineNeuron, type NeuronState, readStates, scaleLeak, scaleRows } from "./neuron-model.ts";
import { spike, stopGradient, surrogateSchema } from "./surrogate.ts";

const parameters = z.strictObject({
  decay: constantSchema(0.2, "share", "share of the membrane kept from tick to tick"),
  threshold: constantSchema(0.2, { scale: 1 }, "membrane above which the neuron spikes"),
  reset: z
    .enum(resets)
    .default("hard")
    .describe(
      "after a spike the membrane starts from 0 (hard), loses the threshold (soft), or goes on (none)",
    ),
  refractory: z
    .number()
    .int()
    .min(0)
    .max(1000)
    .default(0)
    .describe("ticks after a spike without input and spikes"),
  detachReset: z.boolean().default(false).describe("leave the reset out of the gradient"),
  surrogate: surrogateSchema.default({ shape: "rectangle", width: 0.4, height: 1 }),
});

/**
 * Leaky integrate-and-fire neuron, discrete time, no units:
 *
 *   hard reset   v[t] = d v[t-1] (1 - s[t-1]) + o[t] I[t]
 *   soft reset   v[t] = d v[t-1] - threshold s[t-1] + o[t] I[t]
 *   no reset     v[t] = d v[t-1] + o[t] I[t]
 *   s[t] = o[t] [v[t] > threshold]
 *
 * With a refractory time of R ticks, o[t] = [r[t-1] = 0] where r[t] = R s[t] + (1 - s[t]) max(0, r[t-1] - 1); else o = 1.
 * The reset's gradient is kept unless `detachReset`; o is a constant to the gradient. Defaults: the published control
 * setting (He et al. 2024).
 */
export const lif = defineNeuron({
  id: "lif",
  summary: "leaky integrate-and-fire; hard, soft or no reset, refractory time",
  references: ["He et al., Nature Computational Science 4, 584-599 (2024)"],
  parameters,
  create({ decay, threshold, reset, refractory, detachReset, surrogate }) {
    const rows: ConstantRow[] = [
      { name: "decay", setting: decay, range: "share" },
      { name: "threshold", setting: threshold, range: { scale: 1 } },
    ];
    return {
      id: "lif",
      kernel: { kernel: "lif", reset, refractory, detachReset, surrogate },
      tickMs: null,
      threshold: typicalValue(threshold),
      variables: [
        { name: "v", unit: "", role: "membrane" },
        ...(refractory > 0 ? [{ name: "r", unit: "ticks", role: "other" } as const] : []),
      ],
      inputsPerUnit: 1,
      outputsPerUnit: 1,
      states: refractory > 0 ? ["v", "r"] : ["v"],
      trained: trainedConstants(rows),
      startingCurrent: 2 * typicalValue(threshold),

      constants: (units, _ticks, rng) => ({ rows: 2, values: fillConstants(rows, units, rng) }),

      spread: { threshold: scaleRows([1]), conductance: scaleLeak(0) },

      rest(batch, units): NeuronState {
        const zero = tf.zeros([batch, units]) as Tensor2D;
        return refractory > 0 ? { v: zero, r: zero } : { v: zero };
      },

      step(constants, state, current) {
        const [d, theta] = tf.unstack(constants) as [Tensor1D, Tensor1D];
        const { v, r } = state as Record<"v" | "r", Tensor2D>;
        // A state handed over from an earlier run tells its last spikes by r, or by v where there is no r.
        const last =
          state.s ??
          (refractory > 0 ? tf.cast(tf.equal(r, refractory), "float32") : spike(tf.sub(v, theta), surrogate));
        const fired = detachReset ? stopGradient(last) : last;
        let kept = tf.mul(d, v);
        if (reset === "hard") kept = tf.mul(kept, tf.sub(1, fired));
        if (reset === "soft") kept = tf.sub(kept, tf.mul(theta, fired));
        if (refractory === 0) {
          const next = tf.add(kept, current) as Tensor2D;
          const s = spike(tf.sub(next, theta), surrogate) as Tensor2D;
          return { output: s, state: { v: next, s } };
        }
        const open = stopGradient(tf.cast(tf.equal(r, 0), "float32"));
        const next = tf.add(kept, tf.mul(open, current)) as Tensor2D;
        const s = tf.mul(open, spike(tf.sub(next, theta), surrogate)) as Tensor2D;
        const waiting = tf.mul(tf.sub(1, s), tf.maximum(0, tf.sub(r, 1)));
        return {
          output: s,
          state: { v: next, r: stopGradient(tf.add(tf.mul(refractory, s), waiting)) as Tensor2D, s },
        };
      },

      readVariables: readStates(refractory > 0 ? 2 : 1),
    };
  },
});
