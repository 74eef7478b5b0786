import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { place, storage, useKernels } from "../../kernels/load.ts";
import { applyTrained, trainedGradients } from "../../neurons/constant.ts";
import { makeNeuron } from "../../neurons/index.ts";
import { SpikingLayer } from "../../neurons/spiking-layer.ts";
import { trainedKernelConstants } from "../../neurons/trained-constants.ts";
import { normals, relativeNormError, withoutLeaks } from "../kernels/tensors-for-tests.ts";

beforeAll(async () => {
  await useKernels();
});

const train = (per: "neuron" | "layer", start: unknown) => ({ train: per, start });

describe("constants of neurons", () => {
  it("drawn ones come from the seed, follow their distribution and stay in their range", () => {
    const draw = (kind: string, mean: number, spread: number) => ({ draw: kind, mean, spread });
    const row = (model: ReturnType<typeof makeNeuron>, seed: string, index: number) => {
      const { values } = model.constants(4000, 3, new Rng(seed));
      return [...values.subarray(index * 4000, (index + 1) * 4000)];
    };
    const moments = (x: number[]) => {
      const mean = x.reduce((sum, v) => sum + v, 0) / x.length;
      return [mean, Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length)] as const;
    };
    const normal = makeNeuron("lif", { threshold: draw("normal", 1, 0.1) });
    expect(row(normal, "a", 1)).toEqual(row(normal, "a", 1));
    expect(row(normal, "a", 1)).not.toEqual(row(normal, "b", 1));
    const [mean, deviation] = moments(row(normal, "a", 1));
    expect(Math.abs(mean - 1)).toBeLessThan(0.01);
    expect(Math.abs(deviation - 0.1)).toBeLessThan(0.01);
    const uniform = row(makeNeuron("hh", { eL: draw("uniform", -54, 3) }), "a", 5);
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(-57);
    expect(Math.max(...uniform)).toBeLessThanOrEqual(-51);
    const logs = row(makeNeuron("hh", { gNa: draw("lognormal", 120, 0.3) }), "a", 0).map((g) =>
      Math.log(g / 120),
    );
    expect(Math.abs(moments(logs)[1] - 0.3)).toBeLessThan(0.02);
    const wide = row(makeNeuron("lif", { decay: draw("normal", 0.5, 2) }), "a", 0);
    expect(Math.min(...wide)).toBe(0);
    expect(Math.max(...wide)).toBe(1);
  });

  it("trained ones lie in the layer's flat vector and start where they are told to", () => {
    const model = makeNeuron("lif", { decay: train("neuron", 0.7), threshold: train("layer", 0.4) });
    const layer = new SpikingLayer(model, 3, 8, 4, 1);
    expect(layer.layout.count).toBe(3 * 8 + 8 + 8 + 1);
    tf.tidy(() => {
      const parameters = place(layer.initialise(new Rng(0))) as Tensor1D;
      const { rows, values } = layer.constants(new Rng(0));
      const constants = place(values, [rows, 8]) as Tensor2D;
      const applied = trainedKernelConstants(model, layer.layout, parameters, constants, 4).dataSync();
      applied.forEach((value, i) => {
        expect(value).toBeCloseTo(i < 8 ? 0.7 : 0.4, 5);
      });
    });
  });

  it.each([
    [
      "hh",
      {
        smoothMv: 15,
        detachAboveMv: null,
        thresholdMv: train("layer", -45),
        gNa: train("neuron", 110),
        eK: train("neuron", -75),
      },
    ],
    [
      "hh",
      {
        smoothMv: 15,
        detachAboveMv: null,
        thresholdMv: -45,
        gL: train("layer", 0.3),
        capacitance: train("neuron", 1.1),
      },
    ],
    [
      "tv-lif2hh",
      {
        smoothMv: 15,
        detachAboveMv: null,
        thresholdMv: -45,
        gK: train("layer", 36),
        eL: train("neuron", -54),
      },
    ],
  ])("the gradient of trained constants of %s %o agrees with finite differences", (id, parameters) => {
    const model = makeNeuron(id, parameters);
    const layer = new SpikingLayer(model, 3, 5, 6, 3);
    withoutLeaks((rng) => {
      const flat = layer.initialise(rng, "firing");
      const { rows, values } = layer.constants(rng);
      const constants = place(values, [rows, 5]) as Tensor2D;
      const x = normals(rng, [2, 4, 3]) as Tensor3D;
      const loss = (p: Tensor) => tf.sum(layer.rates(x, p as Tensor1D, constants));
      const gradient = tf
        .grads(loss)([place(flat)])[0]!
        .dataSync();
      for (const { name, offset, size } of layer.layout.slots) {
        if (!name.startsWith("neuron/")) continue;
        for (let i = offset; i < offset + size; i++) {
          const at = (d: number) => {
            const moved = Float32Array.from(flat);
            moved[i]! += d;
            return storage(loss(place(moved)))[0]!;
          };
          const slope = (at(0.003) - at(-0.003)) / 0.006;
          expect(Math.abs(slope - gradient[i]!), name).toBeLessThan(0.03 * Math.max(0.05, Math.abs(slope)));
        }
      }
    });
  });

  it.each(["positive", "share", { scale: 10 }] as const)(
    "the gradient of a trained number of range %o agrees with finite differences",
    (range) => {
      const trained = [
        { name: "a", row: 1, per: "layer", range },
        { name: "b", row: 0, per: "neuron", range },
      ] as const;
      const constants = Float32Array.from([0.3, 0.6, 0.9, 0.2, 0.5, 0.7]);
      const weights = Float32Array.from([1, -2, 3, 0.5, 4, -1]);
      const numbers = [Float32Array.from([0.1]), Float32Array.from([0.2, -0.3, 0.4])];
      const value = () =>
        applyTrained(constants, 3, trained, numbers).reduce((sum, x, i) => sum + weights[i]! * x, 0);
      const gradient = trainedGradients(applyTrained(constants, 3, trained, numbers), weights, 3, trained);
      numbers.forEach((p, k) => {
        p.forEach((start, i) => {
          const at = (d: number) => {
            p[i] = start + d;
            return value();
          };
          const slope = (at(0.01) - at(-0.01)) / 0.02;
          p[i] = start;
          expect(Math.abs(slope - gradient[k]![i]!)).toBeLessThan(1e-3 * Math.max(1, Math.abs(slope)));
        });
      });
    },
  );

  it("hh-published works its filter out anew from trained conductances, to the same rows, with a gradient", () => {
    const model = makeNeuron("hh-published", { gL: train("neuron", 0.3), eL: train("layer", 10.6) });
    const layer = new SpikingLayer(model, 3, 6, 15, 3);
    withoutLeaks((rng) => {
      const parameters = place(layer.initialise(rng)) as Tensor1D;
      const { rows, values } = layer.constants(rng);
      const constants = place(values, [rows, 6]) as Tensor2D;
      const applied = trainedKernelConstants(model, layer.layout, parameters, constants, 15);
      expect(relativeNormError(applied.dataSync(), values.subarray(0, 32 * 6))).toBeLessThan(1e-6);
      const x = normals(rng, [5, 8, 3], 20) as Tensor3D;
      const rates = (p: Tensor) => tf.sum(layer.rates(x, p as Tensor1D, constants));
      const gradient = storage(tf.grads(rates)([parameters])[0]!);
      for (const { name, offset, size } of layer.layout.slots) {
        const part = gradient.subarray(offset, offset + size);
        expect(
          part.some((slope) => slope !== 0),
          name,
        ).toBe(true);
      }
    });
  });

  it("a schema tells what it expects", () => {
    expect(() => makeNeuron("lif", { decay: "much" })).toThrow(/expected a number, \{draw, mean, spread\}/);
    expect(() => makeNeuron("lif", { decay: 1.5 })).toThrow(/decay/);
  });
});
