import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { Rng } from "../../core/rng.ts";
import { place, storage } from "../../kernels/load.ts";
import { runNeuronCarry } from "../../kernels/neuron.ts";
import { makeNeuron } from "../../neurons/index.ts";

/**
 * Norm of d V(T) / d V(T - k): median and greatest over 256 neurons that fire, k in ms, ticks of 1 ms in 2 substeps.
 */
export function measureGrowth(
  parameters: Readonly<Record<string, unknown>>,
  ticks: number,
): { readonly median: number; readonly greatest: number } {
  const model = makeNeuron("hh", { tickMs: 1, substeps: 2, ...parameters });
  return tf.tidy(() => {
    const rng = new Rng("growth");
    const units = 256;
    const { rows, values } = model.constants(units, ticks, rng);
    const constants = place(values, [rows, units]) as Tensor2D;
    const draw = (n: number) => {
      const x = new Float32Array(n * units);
      rng.fillNormal(x);
      return place(x, [n, 1, units]) as Tensor3D;
    };
    const run = { neuron: model.kernel, repeat: 1, mean: true };
    // Away from rest first, each neuron at its own point of the cycle.
    const { state } = runNeuronCarry(draw(40), constants, run);
    const later = draw(ticks);
    const voltage = (from: Tensor) => {
      const end = runNeuronCarry(later, constants, run, from as Tensor3D).state;
      return tf.sum(tf.slice(end, [0, 0, 0], [1, -1, -1]));
    };
    const gradient = tf.grads(voltage)([state])[0]!;
    const slopes = [...storage(gradient).subarray(0, units)].map(Math.abs).sort((a, b) => a - b);
    return { median: slopes[units >> 1]!, greatest: slopes.at(-1)! };
  });
}
