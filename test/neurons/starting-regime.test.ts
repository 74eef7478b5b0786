import type { Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { place, storage, useKernels } from "../../kernels/load.ts";
import { makeNeuron, neurons } from "../../neurons/index.ts";
import { SpikingLayer } from "../../neurons/spiking-layer.ts";
import { normals, withoutLeaks } from "../kernels/tensors-for-tests.ts";

beforeAll(async () => {
  await useKernels();
});

describe("a layer that starts in its firing regime", () => {
  const shapes = neurons.ids.flatMap((id) => [11, 784].map((inputs) => [id, inputs] as const));
  it.each(shapes)("%s on %d inputs of unit variance fires at 5 to 80 % of its highest rate", (id, size) => {
    const model = makeNeuron(id);
    // Half a second of neurons with a time scale of their own, twenty inputs of the others.
    const inputs = model.tickMs === null ? 20 : 50;
    const repeat = model.tickMs === null ? 3 : Math.round(10 / model.tickMs);
    const layer = new SpikingLayer(model, size, 64, inputs * repeat, repeat);
    withoutLeaks((rng) => {
      const parameters = place(layer.initialise(rng, "firing")) as Tensor1D;
      const { rows, values } = layer.constants(rng);
      const constants = place(values, [rows, 64]) as Tensor2D;
      const mean = (x: Tensor3D) => storage(tf.mean(layer.rates(x, parameters, constants)))[0]!;
      const x = normals(rng, [inputs, 8, size]) as Tensor3D;
      const rate = mean(x);
      // The highest rate: that of the best of ever stronger currents into every unit.
      const bias = layer.layout.view(storage(parameters), "0/0/bias");
      let highest = 0;
      for (const current of [0.5, 1, 2, 4, 8, 16, 32, 64]) {
        bias.fill(current * model.startingCurrent);
        highest = Math.max(highest, mean(tf.zerosLike(x)));
      }
      expect(rate / highest).toBeGreaterThan(0.05);
      expect(rate / highest).toBeLessThan(0.8);
    });
  });
});
