import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import {
  type ConstantRow,
  constantSchema,
  fillConstants,
  trainedConstants,
  typicalValue,
} from "./constant.ts";
import { checkStep } from "./largest-step.ts";
import { defineNeuron, readStates } from "./neuron-model.ts";
import { spike, stopGradient, surrogateSchema } from "./surrogate.ts";

const parameters = z.strictObject({
  tickMs: z.number().positive().default(1).describe("neural time of one tick, ms"),
  substeps: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(2)
    .describe("integration steps in a tick; tickMs / substeps at most 0.5 ms"),
  gain: z.number().default(10).describe("current for an input of one"),
  offset: z.number().default(4).describe("current without input"),
  a: constantSchema(0.02, "positive", "rate of the recovery variable, 1/ms"),
  b: constantSchema(0.2, { scale: 0.1 }, "how strongly recovery follows the membrane"),
  c: constantSchema(-65, { scale: 10 }, "membrane after a spike, mV"),
  d: constantSchema(8, { scale: 1 }, "what a spike adds to the recovery variable"),
  peakMv: constantSchema(30, { scale: 10 }, "membrane at which a spike is cut off, mV"),
  detachReset: z.boolean().default(true).describe("leave the reset out of the gradient"),
  surrogate: surrogateSchema.default({ shape: "fast-sigmoid", width: 20, height: 0.05 }),
});

/** Izhikevich's own program halves a step of 1 ms for the membrane, "for numerical stability". */
const MAX_STEP_MS = 0.5;

/**
 * Izhikevich's neuron (mV, ms, forward Euler): with I = gain x + offset,
 *
 *   v- = v + dt (0.04 v^2 + 5 v + 140 - u + I)
 *   u- = u + dt a (b v - u)
 *   s  = [v- > peak];   v <- v- (1 - s) + c s;   u <- u- + d s
 *
 * from rest (-70, -14). The output of a tick is the number of its spikes. (a, b, c, d) = (0.02, 0.2, -65, 8) is the
 * regularly spiking cell; (0.1, 0.2, -65, 2) spikes fast, (0.02, 0.2, -50, 2) chatters.
 */
export const izhikevich = defineNeuron({
  id: "izhikevich",
  summary: "Izhikevich's quadratic neuron with a recovery variable",
  references: ["Izhikevich, IEEE Transactions on Neural Networks 14, 1569-1572 (2003)"],
  parameters,
  create(settings) {
    const { tickMs, substeps, gain, offset, peakMv, detachReset, surrogate } = settings;
    const dtMs = checkStep("izhikevich", tickMs, substeps, MAX_STEP_MS);
    const rows: ConstantRow[] = [
      { name: "a", setting: settings.a, range: "positive" },
      { name: "b", setting: settings.b, range: { scale: 0.1 } },
      { name: "c", setting: settings.c, range: { scale: 10 } },
      { name: "d", setting: settings.d, range: { scale: 1 } },
      { name: "peakMv", setting: peakMv, range: { scale: 10 } },
    ];
    return {
      id: "izhikevich",
      kernel: { kernel: "izhikevich", surrogate, detachReset, dtMs, substeps, gain, offset },
      tickMs,
      threshold: typicalValue(peakMv),
      variables: [
        { name: "v", unit: "mV", role: "membrane" },
        { name: "u", unit: "", role: "other" },
      ],
      inputsPerUnit: 1,
      outputsPerUnit: 1,
      states: ["v", "u"],
      trained: trainedConstants(rows),
      startingCurrent: 6,

      constants: (units, _ticks, rng) => ({ rows: rows.length, values: fillConstants(rows, units, rng) }),

      rest(batch, units) {
        const fill = (x: number) => tf.fill([batch, units], x) as Tensor2D;
        return { v: fill(-70), u: fill(-14) };
      },

      step(constants, state, input) {
        const [a, b, c, d, peak] = tf.unstack(constants) as Tensor1D[];
        const current = tf.add(tf.mul(input, gain), offset);
        let { v, u } = state as Record<"v" | "u", Tensor>;
        let count: Tensor = tf.zeros(input.shape);
        for (let q = 0; q < substeps; q++) {
          const own = tf.mul(tf.add(tf.mul(0.04, v), 5), v);
          const up = tf.add(v, tf.mul(dtMs, tf.add(tf.sub(tf.add(own, 140), u), current)));
          const recovered = tf.add(u, tf.mul(tf.mul(dtMs, a!), tf.sub(tf.mul(b!, v), u)));
          const s = spike(tf.sub(up, peak!), surrogate);
          count = tf.add(count, s);
          const fired = detachReset ? stopGradient(s) : s;
          v = tf.add(tf.mul(tf.sub(1, fired), up), tf.mul(fired, c!));
          u = tf.add(recovered, tf.mul(fired, d!));
        }
        return { output: count as Tensor2D, state: { v: v as Tensor2D, u: u as Tensor2D } };
      },

      readVariables: readStates(2),
    };
  },
});
