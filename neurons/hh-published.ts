import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { defineNeuron } from "./neuron-model.ts";
import { spike, surrogateSchema } from "./surrogate.ts";

const parameters = z.strictObject({
  threshold: z
    .number()
    .default(2.3)
    .describe("voltage above rest (mV) above which the neuron spikes, every tick anew"),
  dtMax: z.number().positive().default(0.2).describe("time step of each neuron, ms, drawn from U(0, dtMax)"),
  rateMax: z
    .number()
    .positive()
    .default(0.01)
    .describe("each gate rate (1/ms) is a constant drawn from U(0, rateMax)"),
  surrogate: surrogateSchema.default({ shape: "rectangle", width: 0.4, height: 1 }),
});

// Classic convention: millivolts above rest.
const G = { na: 120, k: 36, l: 0.3 };
const E = { na: 115, k: -12, l: 10.6 };
/** Rows of a population's random constants: the time step, then alpha and beta of n, m and h. */
const RANDOM_ROWS = 7;

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
 * with g = g_Na m^3 h + g_K n^4 + g_L, whose A and c are worked out here once. It is a leaky integrator with a
 * threshold and no reset; the neuron with voltage-dependent rates is `hh`.
 */
export const hhPublished = defineNeuron({
  id: "hh-published",
  summary: "Hodgkin-Huxley as the paper's programs run it: constant random gate rates",
  references: ["He et al., Nature Computational Science 4, 584-599 (2024)"],
  parameters,
  caveat:
    "its gate rates are random constants, so that its channels never see the voltage: it computes a leaky integrator without reset",
  create: ({ threshold, dtMax, rateMax, surrogate }) => ({
    id: "hh-published",
    kernel: { kernel: "filter", surrogate },
    tickMs: null,
    threshold,
    variables: [
      { name: "V", unit: "mV above rest", role: "membrane" },
      { name: "n", unit: "", role: "gate" },
      { name: "m", unit: "", role: "gate" },
      { name: "h", unit: "", role: "gate" },
    ],

    constants(units, ticks, rng) {
      const rows = 2 * ticks + 2 + RANDOM_ROWS;
      const values = new Float32Array(rows * units);
      const random = values.subarray((2 * ticks + 2) * units);
      rng.split("dt").fillUniform(random.subarray(0, units), 0, dtMax);
      rng.split("rates").fillUniform(random.subarray(units), 0, rateMax);
      for (let u = 0; u < units; u++) {
        const dt = random[u]!;
        values[2 * ticks * units + u] = dt;
        values[(2 * ticks + 1) * units + u] = threshold;
        walkGates(random, units, u, ticks, (t, n, m, h) => {
          const gNa = G.na * m * m * m * h;
          const gK = G.k * n * n * n * n;
          values[t * units + u] = 1 - dt * (gNa + gK + G.l);
          values[(ticks + t) * units + u] = dt * (gNa * E.na + gK * E.k + G.l * E.l);
        });
      }
      return { rows, values };
    },

    spread: {
      threshold(constants, factors, ticks) {
        const row = (2 * ticks + 1) * factors.length;
        for (let u = 0; u < factors.length; u++) constants[row + u]! *= factors[u]!;
      },
      // A = 1 - dt g and c = dt (sum of g E): both are linear in the conductances.
      conductance(constants, factors, ticks) {
        const units = factors.length;
        for (let t = 0; t < ticks; t++) {
          for (let u = 0; u < units; u++) {
            const keep = t * units + u;
            constants[keep] = 1 - (1 - constants[keep]!) * factors[u]!;
            constants[ticks * units + keep]! *= factors[u]!;
          }
        }
      },
    },

    rest(batch, units) {
      const zero = tf.zeros([batch, units]) as Tensor2D;
      return { v: zero, n: zero, m: zero, h: zero };
    },

    step(constants, { v, n, m, h }, current, _tick, ticks) {
      const rows = tf.unstack(tf.slice(constants, [2 * ticks + 2, 0], [RANDOM_ROWS, -1])) as Tensor1D[];
      const [dt, an, bn, am, bm, ah, bh] = rows as [
        Tensor1D,
        Tensor1D,
        Tensor1D,
        Tensor1D,
        Tensor1D,
        Tensor1D,
        Tensor1D,
      ];
      const gNa = tf.mul(tf.mul(G.na, tf.mul(tf.square(m!), m!)), h!);
      const gK = tf.mul(G.k, tf.square(tf.square(n!)));
      const ionic = tf.add(
        tf.add(tf.mul(gNa, tf.sub(v!, E.na)), tf.mul(gK, tf.sub(v!, E.k))),
        tf.mul(G.l, tf.sub(v!, E.l)),
      );
      const next = tf.add(v!, tf.mul(dt, tf.sub(current, ionic))) as Tensor2D;
      const gate = (x: Tensor2D, alpha: Tensor1D, beta: Tensor1D) =>
        tf.add(x, tf.mul(dt, tf.sub(tf.mul(alpha, tf.sub(1, x)), tf.mul(beta, x)))) as Tensor2D;
      return {
        output: spike(tf.sub(next, threshold), surrogate) as Tensor2D,
        state: { v: next, n: gate(n!, an, bn), m: gate(m!, am, bm), h: gate(h!, ah, bh) },
      };
    },

    readVariables({ ticks, units, states, constants }, unit, out) {
      const random = constants.subarray((2 * ticks + 2) * units);
      walkGates(random, units, unit, ticks + 1, (t, n, m, h) => {
        if (t === 0) return; // The gates after tick t - 1 are the ones before tick t.
        out[4 * (t - 1)] = states[(t - 1) * units + unit]!;
        out[4 * (t - 1) + 1] = n;
        out[4 * (t - 1) + 2] = m;
        out[4 * (t - 1) + 3] = h;
      });
    },
  }),
});

/** Visits the gates before each tick: they depend on nothing but the neuron's own constants. */
function walkGates(
  random: Float32Array,
  units: number,
  unit: number,
  ticks: number,
  visit: (tick: number, n: number, m: number, h: number) => void,
): void {
  const at = (row: number) => random[row * units + unit]!;
  const dt = at(0);
  let n = 0;
  let m = 0;
  let h = 0;
  for (let t = 0; t < ticks; t++) {
    visit(t, n, m, h);
    n += dt * (at(1) * (1 - n) - at(2) * n);
    m += dt * (at(3) * (1 - m) - at(4) * m);
    h += dt * (at(5) * (1 - h) - at(6) * h);
  }
}
