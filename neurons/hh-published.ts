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
import { defineNeuron, scaleRows } from "./neuron-model.ts";
import { spike, stopGradient, surrogateSchema } from "./surrogate.ts";

const parameters = z.strictObject({
  threshold: constantSchema(
    2.3,
    { scale: 1 },
    "voltage above rest (mV) above which the neuron spikes, every tick anew",
  ),
  dtMax: z.number().positive().default(0.2).describe("time step of each neuron, ms, drawn from U(0, dtMax)"),
  dt: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe("one time step for all neurons, ms, instead of drawn ones"),
  rateMax: z
    .number()
    .positive()
    .default(0.01)
    .describe("each gate rate (1/ms) is a constant drawn from U(0, rateMax)"),
  gNa: constantSchema(120, "positive", "sodium conductance, mS/cm2"),
  gK: constantSchema(36, "positive", "potassium conductance, mS/cm2"),
  gL: constantSchema(0.3, "positive", "leak conductance, mS/cm2"),
  eNa: constantSchema(115, { scale: 10 }, "sodium reversal potential, mV above rest"),
  eK: constantSchema(-12, { scale: 10 }, "potassium reversal potential, mV above rest"),
  eL: constantSchema(10.6, { scale: 10 }, "leak reversal potential, mV above rest"),
  gain: z.number().positive().default(1).describe("current for an input of one, uA/cm2"),
  offset: z.number().default(0).describe("current without input, uA/cm2"),
  detachIonic: z
    .boolean()
    .default(false)
    .describe("leave the ionic currents out of the gradient, as the published convolutional network does"),
  surrogate: surrogateSchema.default({ shape: "rectangle", width: 0.4, height: 1 }),
});

/** Rows that every run has behind the kernel's: the model's constants, then the six rates alpha and beta of n, m, h. */
const OWN = ["gNa", "gK", "gL", "eNa", "eK", "eL"] as const;
const RATES = 6;

/**
 * The Hodgkin-Huxley neuron as the paper's programs run it (classic convention: mV above rest, ms, uA/cm2, C = 1):
 *
 *   V <- V + dt (I - g_Na m^3 h (V - E_Na) - g_K n^4 (V - E_K) - g_L (V - E_L))
 *   x <- x + dt (alpha_x (1 - x) - beta_x x)     for x in n, m, h, after V
 *   s = [V > threshold], no reset
 *
 * with V = n = m = h = 0 at the start and six rates that are random CONSTANTS of each neuron. The gates therefore do
 * not depend on the input: per unit and tick the neuron is the linear filter
 *
 *   V <- A[t] V + dt I + c[t],   A = 1 - dt g,   c = dt (g_Na m^3 h E_Na + g_K n^4 E_K + g_L E_L)
 *
 * with g = g_Na m^3 h + g_K n^4 + g_L, whose A and c are worked out here once (anew in each pass where a conductance or
 * reversal potential is trained). It is a leaky integrator with a threshold and no reset; the neuron with
 * voltage-dependent rates is `hh`. A carried state is V: the gates, which no input moves, start from 0 in each run.
 * An input x drives the current I = gain x + offset; the paper's programs have I = x. So the kernel adds dt gain x, and
 * dt offset is part of c.
 *
 * Rows of the constants: A [ticks], c [ticks], dt gain, threshold, then g_Na, g_K, g_L, E_Na, E_K, E_L and the six rates.
 */
export const hhPublished = defineNeuron({
  id: "hh-published",
  summary: "Hodgkin-Huxley as the paper's programs run it: constant random gate rates",
  references: ["He et al., Nature Computational Science 4, 584-599 (2024)"],
  parameters,
  caveat:
    "its gate rates are random constants, so that its channels never see the voltage: it computes a leaky integrator without reset",
  create(settings) {
    const { threshold, dtMax, dt: oneDt, rateMax, gain, offset, detachIonic, surrogate } = settings;
    // The kernel's own rows change with the run's ticks, so trained rows are counted from the threshold on.
    const own: ConstantRow[] = [
      { name: "threshold", setting: threshold, range: { scale: 1 } },
      ...OWN.map((name) => ({
        name,
        setting: settings[name],
        range: name.startsWith("g") ? ("positive" as const) : { scale: 10 },
      })),
    ];
    const firstOwn = (ticks: number) => 2 * ticks + 1;
    return {
      id: "hh-published",
      kernel: { kernel: "filter", surrogate, detachIonic },
      tickMs: null,
      threshold: typicalValue(threshold),
      variables: [
        { name: "V", unit: "mV above rest", role: "membrane" },
        { name: "n", unit: "", role: "gate" },
        { name: "m", unit: "", role: "gate" },
        { name: "h", unit: "", role: "gate" },
      ],
      inputsPerUnit: 1,
      outputsPerUnit: 1,
      states: ["v"],
      trained: trainedConstants(own),
      trainedFrom: firstOwn,
      startingCurrent: 8 / gain,

      constants(units, ticks, rng) {
        const rows = firstOwn(ticks) + own.length + RATES;
        const values = new Float32Array(rows * units);
        const row = (i: number) => values.subarray(i * units, (i + 1) * units);
        const steps = row(2 * ticks);
        if (oneDt === null) rng.split("dt").fillUniform(steps, 0, gain * dtMax);
        else steps.fill(gain * oneDt);
        fillConstants(own, units, rng, values.subarray(firstOwn(ticks) * units, (rows - RATES) * units));
        rng.split("rates").fillUniform(values.subarray((rows - RATES) * units), 0, rateMax);
        for (let u = 0; u < units; u++) {
          const [gNa, gK, gL, eNa, eK, eL] = OWN.map((_, i) => row(firstOwn(ticks) + 1 + i)[u]!) as [
            number,
            number,
            number,
            number,
            number,
            number,
          ];
          const dt = steps[u]! / gain;
          walkGates(values, { units, ticks, gain }, u, ticks, (t, n, m, h) => {
            const na = gNa * m * m * m * h;
            const k = gK * n * n * n * n;
            row(t)[u] = 1 - dt * (na + k + gL);
            row(ticks + t)[u] = dt * (na * eNa + k * eK + gL * eL + offset);
          });
        }
        return { rows, values };
      },

      spread: {
        threshold: (constants, factors, ticks) => scaleRows([firstOwn(ticks)])(constants, factors, ticks),
        // A = 1 - dt g and c = dt (sum of g E): both are linear in the conductances.
        conductance(constants, factors, ticks) {
          const own = firstOwn(ticks) + 1;
          scaleRows([own, own + 1, own + 2])(constants, factors, ticks);
          const units = factors.length;
          for (let i = 0; i < ticks * units; i++) {
            const factor = factors[i % units]!;
            constants[i] = 1 - (1 - constants[i]!) * factor;
            const still = (constants[2 * ticks * units + (i % units)]! / gain) * offset;
            constants[ticks * units + i] = (constants[ticks * units + i]! - still) * factor + still;
          }
        },
      },

      kernelConstants(constants, ticks) {
        const [, units] = constants.shape;
        const { step, theta, gNa, gK, gL, eNa, eK, eL, rates } = named(constants, ticks);
        const dt = tf.div(step, gain) as Tensor1D;
        const zero = tf.zeros([units]) as Tensor1D;
        let gates: Gates = { n: zero, m: zero, h: zero };
        const keep: Tensor1D[] = [];
        const drive: Tensor1D[] = [];
        for (let t = 0; t < ticks; t++) {
          const na = tf.mul(gNa, tf.mul(tf.mul(tf.square(gates.m), gates.m), gates.h));
          const k = tf.mul(gK, tf.square(tf.square(gates.n)));
          keep.push(tf.sub(1, tf.mul(dt, tf.add(tf.add(na, k), gL))) as Tensor1D);
          const pull = tf.add(tf.add(tf.mul(na, eNa), tf.mul(k, eK)), tf.add(tf.mul(gL, eL), offset));
          drive.push(tf.mul(dt, pull) as Tensor1D);
          gates = nextGates(gates, rates, dt);
        }
        return tf.stack([...keep, ...drive, step, theta]) as Tensor2D;
      },

      rest(batch, units) {
        const zero = tf.zeros([batch, units]) as Tensor2D;
        return { v: zero, n: zero, m: zero, h: zero };
      },

      step(constants, state, input, _tick, ticks) {
        const { v, n, m, h } = state as Record<"v" | "n" | "m" | "h", Tensor2D>;
        const { step, theta, gNa, gK, gL, eNa, eK, eL, rates } = named(constants, ticks);
        const dt = tf.div(step, gain) as Tensor1D;
        const na = tf.mul(tf.mul(gNa, tf.mul(tf.square(m), m)), h);
        const k = tf.mul(gK, tf.square(tf.square(n)));
        const ionic = tf.add(
          tf.add(tf.mul(na, tf.sub(v, eNa)), tf.mul(k, tf.sub(v, eK))),
          tf.mul(gL, tf.sub(v, eL)),
        );
        const current = tf.add(tf.mul(input, gain), offset);
        const pull = detachIonic ? stopGradient(ionic) : ionic;
        const next = tf.add(v, tf.mul(dt, tf.sub(current, pull))) as Tensor2D;
        return {
          output: spike(tf.sub(next, theta), surrogate) as Tensor2D,
          state: { v: next, ...nextGates({ n, m, h }, rates, dt) },
        };
      },

      readVariables({ ticks, units, states, constants }, unit, out) {
        walkGates(constants, { units, ticks, gain }, unit, ticks + 1, (t, n, m, h) => {
          if (t === 0) return; // The gates after tick t - 1 are the ones before tick t.
          out.set([states[(t - 1) * units + unit]!, n, m, h], 4 * (t - 1));
        });
      },
    };
  },
});

interface Gates<T = Tensor1D> {
  readonly n: T;
  readonly m: T;
  readonly h: T;
}

/** The model's rows by name, each [units]. */
function named(constants: Tensor2D, ticks: number) {
  const rows = tf.unstack(tf.slice(constants, [2 * ticks, 0])) as Tensor1D[];
  const [step, theta, gNa, gK, gL, eNa, eK, eL, ...rates] = rows as [
    Tensor1D,
    Tensor1D,
    Tensor1D,
    Tensor1D,
    Tensor1D,
    Tensor1D,
    Tensor1D,
    Tensor1D,
    ...Tensor1D[],
  ];
  return { step, theta, gNa, gK, gL, eNa, eK, eL, rates };
}

/** One Euler step of the gates with their constant rates. */
function nextGates<T extends Tensor1D | Tensor2D>(
  { n, m, h }: Gates<T>,
  rates: readonly Tensor1D[],
  dt: Tensor1D,
) {
  const gate = (x: T, alpha: Tensor1D, beta: Tensor1D) =>
    tf.add(x, tf.mul(dt, tf.sub(tf.mul(alpha, tf.sub(1, x)), tf.mul(beta, x)))) as T;
  return {
    n: gate(n, rates[0]!, rates[1]!),
    m: gate(m, rates[2]!, rates[3]!),
    h: gate(h, rates[4]!, rates[5]!),
  };
}

/** Visits the gates before each of `visits` ticks: they depend on nothing but the neuron's own constants. */
function walkGates(
  constants: Float32Array,
  { units, ticks, gain }: { units: number; ticks: number; gain: number },
  unit: number,
  visits: number,
  visit: (tick: number, n: number, m: number, h: number) => void,
): void {
  const dt = constants[2 * ticks * units + unit]! / gain;
  const firstRate = 2 * ticks + 2 + OWN.length;
  const rate = (i: number) => constants[(firstRate + i) * units + unit]!;
  let n = 0;
  let m = 0;
  let h = 0;
  for (let t = 0; t < visits; t++) {
    visit(t, n, m, h);
    n += dt * (rate(0) * (1 - n) - rate(1) * n);
    m += dt * (rate(2) * (1 - m) - rate(3) * m);
    h += dt * (rate(4) * (1 - h) - rate(5) * h);
  }
}
