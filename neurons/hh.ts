import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { UsageError } from "../core/errors.ts";
import { defineNeuron, type NeuronState } from "./neuron-model.ts";
import { spike, surrogateSchema } from "./surrogate.ts";

const parameters = z.strictObject({
  tickMs: z.number().positive().default(1).describe("neural time of one tick, ms"),
  substeps: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(2)
    .describe("integration steps in a tick; tickMs / substeps at most 1 ms"),
  gain: z.number().default(10).describe("current for an input of one, uA/cm2"),
  offset: z.number().default(5).describe("current without input, uA/cm2"),
  thresholdMv: z.number().default(0).describe("an upward crossing of this voltage is a spike, mV"),
  smoothMv: z
    .number()
    .min(0)
    .default(0)
    .describe(
      "0: the output is the spikes; else the synaptic release sigmoid((V - threshold) / smoothMv), exact gradient",
    ),
  detachGates: z
    .boolean()
    .default(false)
    .describe("leave the path voltage -> gates out of the gradient (it explodes on a spike's upstroke)"),
  surrogate: surrogateSchema.default({ shape: "fast-sigmoid", width: 20, height: 0.05 }),
});

/** mS/cm2 and mV; C = 1 uF/cm2. */
const G = { na: 120, k: 36, l: 0.3 };
const E = { na: 50, k: -77, l: -54.387 };
/** V (mV) and the gates' stationary values there. */
const REST = { v: -65, m: 0.052932485257, h: 0.596120753508, n: 0.317676914061 };
/** Above this the exponential integrator is no longer accurate enough to fire like the neuron it stands for. */
const MAX_STEP_MS = 1;
/** An upward crossing of this is an action potential, whatever the synapses release. */
const SPIKE_MV = 0;

/** x / (e^x - 1), continued through its removable singularity by a series. */
function bernoulli(x: Tensor): Tensor {
  const x2 = tf.square(x);
  const series = tf.add(
    tf.sub(1, tf.mul(x, 0.5)),
    tf.mul(x2, tf.add(1 / 12, tf.mul(x2, tf.add(-1 / 720, tf.mul(x2, 1 / 30240))))),
  );
  const near = tf.less(tf.abs(x), 0.5);
  // The quotient's own 0/0 must not reach the gradient: keep its argument away from zero where the series is taken.
  const safe = tf.where(near, tf.ones(x.shape), x);
  return tf.where(near, series, tf.div(safe, tf.expm1(safe)));
}

/** Opening and closing rates (1/ms) of the gates at V (mV). */
export function hhRates(v: Tensor) {
  const u = tf.add(v, 65);
  return {
    m: { alpha: bernoulli(tf.div(tf.add(v, 40), -10)), beta: tf.mul(4, tf.exp(tf.div(u, -18))) },
    h: { alpha: tf.mul(0.07, tf.exp(tf.div(u, -20))), beta: tf.sigmoid(tf.div(tf.add(v, 35), 10)) },
    n: {
      alpha: tf.mul(0.1, bernoulli(tf.div(tf.add(v, 55), -10))),
      beta: tf.mul(0.125, tf.exp(tf.div(u, -80))),
    },
  };
}

/** y relaxes to `rest` with rate `rate` for dt: rest + (y - rest) exp(-dt rate). */
function relax(y: Tensor, rest: Tensor, rate: Tensor, dt: number): Tensor {
  return tf.add(rest, tf.mul(tf.sub(y, rest), tf.exp(tf.mul(rate, -dt))));
}

/**
 * The biophysical Hodgkin-Huxley neuron (modern convention: mV, ms, mS/cm2, uA/cm2, C = 1 uF/cm2):
 *
 *   C dV/dt = I - g_Na m^3 h (V - E_Na) - g_K n^4 (V - E_K) - g_L (V - E_L)
 *   dx/dt = alpha_x(V) (1 - x) - beta_x(V) x     for x in m, h, n
 *
 *   alpha_m = 0.1 (V + 40) / (1 - exp(-(V + 40) / 10))      beta_m = 4 exp(-(V + 65) / 18)
 *   alpha_h = 0.07 exp(-(V + 65) / 20)                      beta_h = 1 / (1 + exp(-(V + 35) / 10))
 *   alpha_n = 0.01 (V + 55) / (1 - exp(-(V + 55) / 10))     beta_n = 0.125 exp(-(V + 65) / 80)
 *
 * Integrated by staggered exponential Euler: the gates relax exactly at the present V, then V relaxes exactly at the
 * new gates; stable to 1 ms, gates stay in [0, 1] because each is a weighted mean of itself and its limit. The input x
 * drives the current I = gain x + offset. Output of a tick: upward crossings of the threshold, or the synaptic release
 * sigmoid((V - threshold) / smoothMv) at its end.
 */
export const hh = defineNeuron({
  id: "hh",
  summary: "biophysical Hodgkin-Huxley: voltage-dependent rates, staggered exponential Euler",
  references: [
    "Hodgkin & Huxley, Journal of Physiology 117, 500-544 (1952)",
    "Deistler et al. (Jaxley), Nature Methods (2025), for the smooth synaptic readout",
  ],
  parameters,
  create(settings) {
    const { tickMs, substeps, gain, offset, thresholdMv, smoothMv, detachGates, surrogate } = settings;
    const dtMs = tickMs / substeps;
    if (dtMs > MAX_STEP_MS) {
      throw new UsageError(
        `neuron "hh": tickMs ${tickMs} in ${substeps} substeps is a step of ${dtMs} ms, expected at most ${MAX_STEP_MS}; use at least ${Math.ceil(tickMs / MAX_STEP_MS)} substeps`,
      );
    }
    const kernel = {
      kernel: "hh",
      surrogate,
      dtMs,
      substeps,
      gain,
      offset,
      thresholdMv,
      smoothMv,
      detachGates,
    } as const;
    const detach = (x: Tensor) => (detachGates ? stopGradient(x) : x);
    return {
      id: "hh",
      kernel,
      ...(smoothMv > 0 ? { spikeKernel: { ...kernel, smoothMv: 0, thresholdMv: SPIKE_MV } } : {}),
      tickMs,
      threshold: smoothMv > 0 ? SPIKE_MV : thresholdMv,
      variables: [
        { name: "V", unit: "mV", role: "membrane" },
        { name: "m", unit: "", role: "gate" },
        { name: "h", unit: "", role: "gate" },
        { name: "n", unit: "", role: "gate" },
      ],

      constants: (units) => ({ rows: 1, values: new Float32Array(units) }),

      rest(batch, units): NeuronState {
        const fill = (x: number) => tf.fill([batch, units], x) as Tensor2D;
        return { v: fill(REST.v), m: fill(REST.m), h: fill(REST.h), n: fill(REST.n) };
      },

      step(_constants, state, input) {
        const current = tf.add(tf.mul(input, gain), offset);
        let { v, m, h, n } = state as Record<"v" | "m" | "h" | "n", Tensor>;
        let crossings: Tensor = tf.zeros(input.shape);
        for (let q = 0; q < substeps; q++) {
          const below = tf.cast(tf.lessEqual(v, thresholdMv), "float32");
          const rates = hhRates(detach(v));
          const gate = (x: Tensor, { alpha, beta }: { alpha: Tensor; beta: Tensor }) => {
            const sum = tf.add(alpha, beta);
            return relax(x, tf.div(alpha, sum), sum, dtMs);
          };
          m = gate(m, rates.m);
          h = gate(h, rates.h);
          n = gate(n, rates.n);
          const gNa = detach(tf.mul(G.na, tf.mul(tf.mul(tf.square(m), m), h)));
          const gK = detach(tf.mul(G.k, tf.square(tf.square(n))));
          const total = tf.add(tf.add(gNa, gK), G.l);
          const drive = tf.add(tf.add(tf.mul(gNa, E.na), tf.mul(gK, E.k)), tf.add(G.l * E.l, current));
          v = relax(v, tf.div(drive, total), total, dtMs);
          crossings = tf.add(
            crossings,
            tf.mul(stopGradient(below), spike(tf.sub(v, thresholdMv), surrogate)),
          );
        }
        const output = smoothMv > 0 ? tf.sigmoid(tf.div(tf.sub(v, thresholdMv), smoothMv)) : crossings;
        return { output: output as Tensor2D, state: { v, m, h, n } as NeuronState };
      },

      readVariables({ ticks, units, states }, unit, out) {
        for (let t = 0; t < ticks; t++) {
          for (let k = 0; k < 4; k++) out[4 * t + k] = states[(4 * t + k) * units + unit]!;
        }
      },
    };
  },
});

/** The value without its history. */
function stopGradient(x: Tensor): Tensor {
  return tf.customGrad((v: Tensor | tf.GradSaveFunc) => ({
    value: tf.clone(v as Tensor),
    gradFunc: (dy: Tensor) => tf.zerosLike(dy),
  }))(x);
}
