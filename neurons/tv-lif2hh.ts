import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { covered, createHh, hhParameters, inwardCurrent, openChannels } from "./hh.ts";
import { defineNeuron, type NeuronState } from "./neuron-model.ts";
import { spike, stopGradient } from "./surrogate.ts";

/**
 * The time-varying LIF2HH neuron: four leaky integrate-and-fire compartments whose constants are borrowed, instant by
 * instant, from a Hodgkin-Huxley neuron simulated beside them under the same current (mV, ms, mS/cm2, uA/cm2, uF/cm2).
 * With that neuron's g_Na(t) = g_Na m^3 h, g_K(t) = g_K n^4, g_L and g_s their sum:
 *
 *   C du_k/dt = E_k + I / g_s - u_k                                    k = Na, K, L: three compartments
 *   dF = sum_k g_k(t) du_k                                             what they pass on
 *   (C / g_s) du_4/dt = -F + sum_k g_k(t) u_k / g_s - u_4              the fourth
 *   V = F + u_4
 *
 * V obeys Hodgkin-Huxley's membrane equation exactly: add the last two lines and every u_k cancels. Here it does so
 * step by step as well: over a substep the fourth relaxes exactly, with x = dt g_s / C,
 *
 *   u_4 <- u_4 + (1 - e^-x) (-F + sum_k g_k u_k / g_s - u_4)
 *   u_k <- u_k + (1 - e^-x) / g_s (E_k + I / g_s - u_k)                dt / C up to terms of second order
 *
 * so that V makes the very steps of `hh`. That is why its fused form is the kernel of `hh`; the definition below keeps all
 * compartments, and the tests hold the two together. Parameters, constants and outputs are those of `hh`. Since the
 * conductances are borrowed it is a construction, not a model that stands alone. Beside a recorded neuron instead of one
 * simulated with it: neurons/equivalence/recorded-hh.ts, `spikegym simulate tv-lif2hh --recorded`.
 *
 * A state carried over is the Hodgkin-Huxley neuron's; the compartments then start from u_k = E_k, F = 0, u_4 = V.
 */
export const tvLif2Hh = defineNeuron({
  id: "tv-lif2hh",
  summary: "four LIF compartments with conductances borrowed from a Hodgkin-Huxley neuron beside them",
  references: ["He et al., Nature Computational Science 4, 584-599 (2024)"],
  parameters: hhParameters,
  caveat: "its conductances are borrowed from a Hodgkin-Huxley neuron simulated beside it: a construction",
  create(settings) {
    const model = createHh(settings, "tv-lif2hh");
    const { kernel } = model;
    if (kernel.kernel !== "hh") throw new TypeError("tv-lif2hh is made of hh");
    const { dtMs, substeps, gain, offset, detachAboveMv, smoothMv, surrogate } = kernel;
    return {
      ...model,
      id: "tv-lif2hh",

      step(constants, state, input) {
        const rows = tf.unstack(constants) as Tensor1D[];
        const [, , gL, eNa, eK, eL, c, theta] = rows as [
          Tensor1D,
          Tensor1D,
          Tensor1D,
          Tensor1D,
          Tensor1D,
          Tensor1D,
          Tensor1D,
          Tensor1D,
        ];
        const current = tf.add(tf.mul(input, gain), offset);
        let beside = state as Record<"v" | "m" | "h" | "n", Tensor>;
        const zero = tf.zeros(input.shape);
        let uNa: Tensor = state.uNa ?? tf.add(zero, eNa);
        let uK: Tensor = state.uK ?? tf.add(zero, eK);
        let uL: Tensor = state.uL ?? tf.add(zero, eL);
        let f: Tensor = state.f ?? zero;
        let u4: Tensor = state.u4 ?? beside.v;
        let v = tf.add(f, u4);
        let crossings: Tensor = zero;
        for (let q = 0; q < substeps; q++) {
          const below = stopGradient(tf.cast(tf.lessEqual(v, theta), "float32"));
          const { m, h, n, na, k, total } = openChannels(rows, beside, dtMs, detachAboveMv);
          const gained = covered(tf.mul(total, tf.div(dtMs, c)));
          const inward = inwardCurrent(rows, { na, k }, beside.v, current);
          beside = { v: tf.add(beside.v, tf.mul(tf.div(inward, total), gained)), m, h, n };

          const pulled = tf.add(tf.add(tf.mul(na, uNa), tf.mul(k, uK)), tf.mul(gL, uL));
          u4 = tf.add(u4, tf.mul(gained, tf.sub(tf.sub(tf.div(pulled, total), f), u4)));
          const step = (u: Tensor, e: Tensor) =>
            tf.mul(tf.div(gained, total), tf.sub(tf.add(e, tf.div(current, total)), u));
          const [dNa, dK, dL] = [step(uNa, eNa), step(uK, eK), step(uL, eL)];
          f = tf.add(f, tf.add(tf.add(tf.mul(na, dNa), tf.mul(k, dK)), tf.mul(gL, dL)));
          [uNa, uK, uL] = [tf.add(uNa, dNa), tf.add(uK, dK), tf.add(uL, dL)];
          v = tf.add(f, u4);
          crossings = tf.add(crossings, tf.mul(below, spike(tf.sub(v, theta), surrogate)));
        }
        const output = smoothMv > 0 ? tf.sigmoid(tf.div(tf.sub(v, theta), smoothMv)) : crossings;
        return { output: output as Tensor2D, state: { ...beside, uNa, uK, uL, f, u4 } as NeuronState };
      },
    };
  },
});
