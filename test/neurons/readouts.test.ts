import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { place, useKernels } from "../../kernels/load.ts";
import { makeReadout, readouts } from "../../neurons/readouts/index.ts";
import { normals, withoutLeaks } from "../kernels/tensors-for-tests.ts";

beforeAll(async () => {
  await useKernels();
});

const read = (id: string, ticks: number[][], parameters = {}) =>
  tf.tidy(() => {
    const readout = makeReadout(id, parameters);
    const x = place(new Float32Array(ticks.flat()), [ticks.length, 1, ticks[0]!.length]);
    const seen = readout.source === "mean" ? tf.mean(x, 0) : x;
    return Array.from(readout.read(seen).dataSync());
  });

describe.each(readouts.ids)("readout %s", (id) => {
  it("has the size it says, and the gradient of finite differences", () => {
    withoutLeaks((rng) => {
      const readout = makeReadout(id, id === "population-vector" ? { outputs: 2 } : {});
      const shape = readout.source === "mean" ? [3, 8] : [5, 3, 8];
      // Positive numbers; for the first spike, spikes: its formula is linear in each of them.
      const x =
        id === "first-spike"
          ? tf.cast(tf.greater(normals(rng, shape), 0.7), "float32")
          : tf.add(tf.abs(normals(rng, shape)), 0.1);
      const weights = normals(rng, [3, readout.outputSize(8)]);
      const loss = (t: Tensor) => tf.sum(tf.mul(weights, readout.read(t)));
      expect(readout.read(x).shape).toEqual([3, readout.outputSize(8)]);
      const slope = tf.grads(loss)([x])[0]!.dataSync();
      const values = x.dataSync();
      const at = (i: number, value: number) =>
        loss(
          place(
            Float32Array.from(values, (v, k) => (k === i ? value : v)),
            shape,
          ),
        ).dataSync()[0]!;
      for (let i = 0; i < values.length; i++) {
        const [low, high] = id === "first-spike" ? [0, 1] : [values[i]! - 0.01, values[i]! + 0.01];
        const difference = (at(i, high) - at(i, low)) / (high - low);
        expect(Math.abs(slope[i]! - difference)).toBeLessThan(2e-3);
      }
    });
  });
});

describe("what the readouts read", () => {
  const ticks = [
    [0, 1, 0],
    [1, 0, 0],
    [1, 1, 0],
    [0, 1, 0],
  ];

  it("rate, first spike, leaky integral, last and mean, population vector of a case worked by hand", () => {
    expect(read("rate", ticks)).toEqual([0.5, 0.75, 0]);
    expect(read("first-spike", ticks)).toEqual([0.75, 1, 0]);
    expect(read("leaky-integrator", ticks, { decay: 0.5 })).toEqual([0.375, 0.8125, 0]);
    expect(read("last-membrane", ticks, { scale: 2 })).toEqual([0, 0.5, 0]);
    expect(read("mean-membrane", ticks)).toEqual([0.5, 0.75, 0]);
    // Preferred values -1, 0, 1 with weights 0.5, 0.75, 0.
    expect(read("population-vector", ticks)[0]).toBeCloseTo(-0.5 / 1.25, 5);
    expect(read("population-vector", [[0, 0, 0]])).toEqual([0]);
  });

  it("a population that does not divide into the outputs is refused in words", () => {
    const readout = makeReadout("population-vector", { outputs: 2 });
    expect(() => readout.outputSize(3)).toThrow("3 units do not divide into 2 outputs");
  });
});
