import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { Rng } from "../core/rng.ts";
import { place, useKernels } from "../kernels/load.ts";
import { runNeuron } from "../kernels/neuron.ts";
import { makeNeuron, neurons } from "../neurons/index.ts";
import { median } from "./statistics/descriptive.ts";

/** Batch 64 x 128 units, 15 ticks. */
const BATCH = 64;
const UNITS = 128;
const TICKS = 15;

export interface NeuronSpeed {
  /** Neurons x ticks a second, forward only. */
  readonly forwardPerSecond: number;
  /** The same for a forward and a backward pass. */
  readonly trainedPerSecond: number;
  /** Time of a forward and backward pass over all ticks, ms. */
  readonly forwardBackwardMs: number;
}

/** Medians of each neuron's fused kernel; the neurons take turns, so that a slow second of the machine hits them all. */
export async function benchmarkNeurons(
  repeats: number,
  onProgress?: (done: number, total: number) => void,
): Promise<Record<string, NeuronSpeed>> {
  await useKernels();
  const forward = new Map<string, number[]>(neurons.ids.map((id) => [id, []]));
  const both = new Map<string, number[]>(neurons.ids.map((id) => [id, []]));
  for (let round = -1; round < repeats; round++) {
    for (const id of neurons.ids) {
      const model = makeNeuron(id);
      tf.tidy(() => {
        const rng = new Rng("benchmark");
        const width = UNITS * model.inputsPerUnit;
        const values = new Float32Array(TICKS * BATCH * width);
        rng.fillNormal(values);
        const currents = place(values, [TICKS, BATCH, width]) as Tensor3D;
        const constants = model.constants(UNITS, TICKS, rng);
        const fixed = place(constants.values, [constants.rows, UNITS]) as Tensor2D;
        const run = { neuron: model.kernel, repeat: 1, mean: true } as const;
        const start = performance.now();
        tf.tidy(() => runNeuron(currents, fixed, run));
        const middle = performance.now();
        tf.tidy(() => tf.grads((c: Tensor) => tf.sum(runNeuron(c as Tensor3D, fixed, run)))([currents]));
        const end = performance.now();
        // The first round warms up.
        if (round < 0) return;
        forward.get(id)!.push(middle - start);
        both.get(id)!.push(end - middle);
      });
    }
    onProgress?.(round + 1, repeats);
  }
  const size = BATCH * UNITS * TICKS * 1000;
  return Object.fromEntries(
    neurons.ids.map((id) => {
      const f = median(forward.get(id)!);
      const b = median(both.get(id)!);
      return [id, { forwardPerSecond: size / f, trainedPerSecond: size / b, forwardBackwardMs: b }];
    }),
  );
}
