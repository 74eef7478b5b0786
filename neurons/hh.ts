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
import { defineNeuron, type NeuronModel, type NeuronState, readStates, scaleRows } from "./neuron-model.ts";
import { spike, stopGradient, surrogateSchema } from "./surrogate.ts";

export const hhParameters = z.strictObject({
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
  gNa: constantSchema(120, "positive", "sodium conductance, mS/cm2"),
  gK: constantSchema(36, "positive", "potassium conductance, mS/cm2"),
  gL: constantSchema(0.3, "positive", "leak conductance, mS/cm2"),
  eNa: constantSchema(50, { scale: 10 }, "sodium reversal potential, mV"),
  eK: constantSchema(-77, { scale: 10 }, "potassium reversal potential, mV"),
  eL: constantSchema(-54.387, { scale: 10 }, "leak reversal potential, mV"),
  capacitance: constantSchema(1, "positive", "membrane capacitance C, uF/cm2; the time constant is C / g"),
  thresholdMv: constantSchema(0, { scale: 10 }, "an upward crossing of this voltage is a spike, mV"),
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
  detachAboveMv: z
    .number()
    .nullable()
    .default(-50)
    .describe(
      "leave that path out only where the voltage is above this, that is during spikes, mV; null: never",
    ),
  surrogate: surrogateSchema.default({ shape: "fast-sigmoid", width: 20, height: 0.05 }),
});

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

/** What the membrane equation sees of the channels. */
interface Channels {
  readonly m: Tensor;
  readonly h: Tensor;
  readonly n: Tensor;
  /** g_Na m^3 h, g_K n^4 and the sum of both with the leak, mS/cm2. */
  readonly na: Tensor;
  readonly k: Tensor;
  readonly total: Tensor;
}

/** The gates after a substep at the present voltage, and the conductances they open. */
export function openChannels(
  [gNa, gK, gL]: readonly Tensor1D[],
  { v, m, h, n }: Readonly<Record<"v" | "m" | "h" | "n", Tensor>>,
  dtMs: number,
  detachAboveMv: number,
): Channels {
  /** The value where the voltage is low enough for its gradient, else a constant. */
  const attached = (x: Tensor) =>
    detachAboveMv === Number.NEGATIVE_INFINITY
      ? stopGradient(x)
      : tf.where(tf.lessEqual(v, detachAboveMv), x, stopGradient(x));
  const rates = hhRates(attached(v));
  const gate = (x: Tensor, { alpha, beta }: { alpha: Tensor; beta: Tensor }) => {
    const sum = tf.add(alpha, beta);
    return tf.add(x, tf.mul(tf.sub(tf.div(alpha, sum), x), covered(tf.mul(sum, dtMs))));
  };
  const next = { m: gate(m, rates.m), h: gate(h, rates.h), n: gate(n, rates.n) };
  const na = tf.mul(gNa!, attached(tf.mul(tf.mul(tf.square(next.m), next.m), next.h)));
  const k = tf.mul(gK!, attached(tf.square(tf.square(next.n))));
  return { ...next, na, k, total: tf.add(tf.add(na, k), gL!) };
}

/** What of a distance is covered after `time` time constants: 1 - exp(-time). */
export function covered(time: Tensor): Tensor {
  return tf.neg(tf.expm1(tf.neg(time)));
}

/** The current that flows into the cell through the open channels at V, and the injected one. */
export function inwardCurrent(
  [, , gL, eNa, eK, eL]: readonly Tensor1D[],
  { na, k }: Pick<Channels, "na" | "k">,
  v: Tensor,
  injected: Tensor,
): Tensor {
  const through = (g: Tensor, e: Tensor1D) => tf.mul(g, tf.sub(e, v));
  return tf.add(tf.add(through(na, eNa!), through(k, eK!)), tf.add(through(gL!, eL!), injected));
}

/** The model of these settings; `tv-lif2hh` is made of it too, and goes by its own name in errors. */
export function createHh(settings: z.output<typeof hhParameters>, name = "hh"): NeuronModel {
  const { tickMs, substeps, gain, offset, thresholdMv, smoothMv, detachGates, surrogate } = settings;
  const dtMs = checkStep(name, tickMs, substeps, MAX_STEP_MS);
  const detachAboveMv = detachGates
    ? Number.NEGATIVE_INFINITY
    : (settings.detachAboveMv ?? Number.POSITIVE_INFINITY);
  const kernel = {
    kernel: "hh",
    surrogate,
    dtMs,
    substeps,
    gain,
    offset,
    smoothMv,
    detachAboveMv,
  } as const;
  const millivolts = { scale: 10 };
  const rows: ConstantRow[] = [
    { name: "gNa", setting: settings.gNa, range: "positive" },
    { name: "gK", setting: settings.gK, range: "positive" },
    { name: "gL", setting: settings.gL, range: "positive" },
    { name: "eNa", setting: settings.eNa, range: millivolts },
    { name: "eK", setting: settings.eK, range: millivolts },
    { name: "eL", setting: settings.eL, range: millivolts },
    { name: "capacitance", setting: settings.capacitance, range: "positive" },
    { name: "thresholdMv", setting: thresholdMv, range: millivolts },
    { name: "spikeMv", setting: SPIKE_MV, range: millivolts },
  ];
  return {
    id: "hh",
    kernel,
    ...(smoothMv > 0 ? { spikeKernel: { ...kernel, smoothMv: 0, countSpikes: true } } : {}),
    tickMs,
    threshold: smoothMv > 0 ? SPIKE_MV : typicalValue(thresholdMv),
    variables: [
      { name: "V", unit: "mV", role: "membrane" },
      { name: "m", unit: "", role: "gate" },
      { name: "h", unit: "", role: "gate" },
      { name: "n", unit: "", role: "gate" },
    ],

    inputsPerUnit: 1,
    outputsPerUnit: 1,
    states: ["v", "m", "h", "n"],
    trained: trainedConstants(rows),
    startingCurrent: 1,

    constants: (units, _ticks, rng) => ({ rows: rows.length, values: fillConstants(rows, units, rng) }),

    spread: { threshold: scaleRows([7, 8]), conductance: scaleRows([0, 1, 2]) },

    rest(batch, units): NeuronState {
      const fill = (x: number) => tf.fill([batch, units], x) as Tensor2D;
      return { v: fill(REST.v), m: fill(REST.m), h: fill(REST.h), n: fill(REST.n) };
    },

    step(constants, state, input) {
      const rows = tf.unstack(constants) as Tensor1D[];
      const [c, theta] = rows.slice(6) as [Tensor1D, Tensor1D];
      const current = tf.add(tf.mul(input, gain), offset);
      let now = state as Record<"v" | "m" | "h" | "n", Tensor>;
      // What V lost to rounding is added to its next step (Kahan): float32 would spoil the fourth digit of a gradient.
      let lost: Tensor = state.lost ?? tf.zeros(input.shape);
      let crossings: Tensor = tf.zeros(input.shape);
      for (let q = 0; q < substeps; q++) {
        const below = stopGradient(tf.cast(tf.lessEqual(now.v, theta), "float32"));
        const { m, h, n, na, k, total } = openChannels(rows, now, dtMs, detachAboveMv);
        const inward = inwardCurrent(rows, { na, k }, now.v, current);
        const share = covered(tf.mul(total, tf.div(dtMs, c)));
        const step = tf.add(tf.mul(tf.div(inward, total), share), lost);
        const v = tf.add(now.v, step);
        lost = stopGradient(tf.sub(step, tf.sub(v, now.v)));
        crossings = tf.add(crossings, tf.mul(below, spike(tf.sub(v, theta), surrogate)));
        now = { v, m, h, n };
      }
      const output = smoothMv > 0 ? tf.sigmoid(tf.div(tf.sub(now.v, theta), smoothMv)) : crossings;
      return { output: output as Tensor2D, state: { ...now, lost } as NeuronState };
    },

    readVariables: readStates(4),
  };
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
 * new gates, by (1 - exp(-dt g / C)) of the way to its limit; stable to 1 ms, gates stay in [0, 1] because each is a
 * weighted mean of itself and its limit. The input x
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
  parameters: hhParameters,
  create: createHh,
});
