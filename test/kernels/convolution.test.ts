import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { averagePool } from "../../kernels/average-pool.ts";
import { convolve } from "../../kernels/convolution.ts";
import { type ConvolutionShape, convolutionLayout } from "../../kernels/convolution-shape.ts";
import { useKernels } from "../../kernels/load.ts";
import { normals, relativeError, withoutLeaks } from "./tensors-for-tests.ts";

beforeAll(async () => {
  await useKernels();
});

/** The definition, group by group. */
function convolveDefinition(x: Tensor2D, parameters: Tensor1D, shape: ConvolutionShape): Tensor2D {
  const { groups = 1, inputPlanes = 1, ticks: _, ...single } = shape;
  const planes = tf.split(x, inputPlanes, 1) as Tensor2D[];
  const length = convolutionLayout(single).length;
  const out = Array.from({ length: groups }, (_, g) => {
    const seen = inputPlanes === 1 ? x : (tf.add(planes[g]!, planes[groups]!) as Tensor2D);
    return convolveOne(seen, tf.slice(parameters, [g * length], [length]) as Tensor1D, single);
  });
  return tf.concat(out, 1) as Tensor2D;
}

/** One group as nine shifted matrix products, in plain tfjs ops. */
function convolveOne(x: Tensor2D, parameters: Tensor1D, shape: ConvolutionShape): Tensor2D {
  const { height, width, inChannels, outChannels } = shape;
  const rows = x.shape[0];
  const [weight, bias] = convolutionLayout(shape).slots.map(({ offset, size, shape: s }) =>
    tf.reshape(tf.slice(parameters, [offset], [size]), [...s]),
  );
  const padded = tf.pad(tf.reshape(x, [rows, height, width, inChannels]), [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ]) as Tensor4D;
  let sum: Tensor = tf.zeros([rows * height * width, outChannels]);
  for (let ki = 0; ki < 3; ki++) {
    for (let kj = 0; kj < 3; kj++) {
      const seen = tf.slice(padded, [0, ki, kj, 0], [rows, height, width, inChannels]);
      const tap = tf.reshape(tf.slice(weight!, [ki, kj, 0, 0], [1, 1, inChannels, outChannels]), [
        inChannels,
        outChannels,
      ]);
      sum = tf.add(
        sum,
        tf.matMul(tf.reshape(seen, [rows * height * width, inChannels]) as Tensor2D, tap as Tensor2D),
      );
    }
  }
  return tf.reshape(tf.add(sum, bias!), [rows, height * width * outChannels]);
}

const shapes = fc.record({
  images: fc.integer({ min: 1, max: 3 }),
  ticks: fc.integer({ min: 1, max: 4 }),
  height: fc.integer({ min: 1, max: 6 }),
  width: fc.integer({ min: 1, max: 7 }),
  inChannels: fc.integer({ min: 1, max: 6 }),
  outChannels: fc.integer({ min: 1, max: 9 }),
  groups: fc.integer({ min: 1, max: 3 }),
  ownPlanes: fc.boolean(),
  seed: fc.integer(),
});

describe.each(["spikegym", "cpu"])("convolution on the %s backend", (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    return async () => {
      await tf.setBackend("spikegym");
    };
  });

  it("equals its definition and the definition's gradients, on any shape", () => {
    fc.assert(
      fc.property(shapes, ({ images, seed, ownPlanes, ...own }) => {
        withoutLeaks((rng) => {
          const { height, width, inChannels, outChannels, groups, ticks } = own;
          const rows = images * ticks;
          const inputPlanes = ownPlanes ? groups + 1 : 1;
          const shape = { ...own, inputPlanes };
          const x = normals(rng, [rows, inputPlanes * height * width * inChannels]) as Tensor2D;
          const parameters = normals(rng, [convolutionLayout(shape).length]) as Tensor1D;
          const weights = normals(rng, [rows, groups * height * width * outChannels]);
          const fused = (a: Tensor, p: Tensor) => convolve(a as Tensor2D, p as Tensor1D, shape);
          const defined = (a: Tensor, p: Tensor) => convolveDefinition(a as Tensor2D, p as Tensor1D, shape);
          expect(relativeError(fused(x, parameters), defined(x, parameters))).toBeLessThan(1e-5);
          const slopes = (f: (a: Tensor, p: Tensor) => Tensor) =>
            tf.grads((a: Tensor, p: Tensor) => tf.sum(tf.mul(weights, f(a, p))))([x, parameters]);
          const [got, expected] = [slopes(fused), slopes(defined)];
          expect(relativeError(got[0]!, expected[0]!)).toBeLessThan(1e-5);
          expect(relativeError(got[1]!, expected[1]!)).toBeLessThan(1e-5);
        }, `convolution ${seed}`);
      }),
      { numRuns: 25, seed: 3 },
    );
  });

  it("average pooling equals the mean of each 2 x 2 block, and its gradient", () => {
    fc.assert(
      fc.property(shapes, ({ images: rows, height: h, width: w, inChannels: channels, seed }) => {
        withoutLeaks((rng) => {
          const [height, width] = [2 * h, 2 * w];
          const x = normals(rng, [rows, height * width * channels]);
          const weights = normals(rng, [rows, h * w * channels]);
          const fused = (a: Tensor) => averagePool(a as Tensor2D, { height, width, channels });
          const defined = (a: Tensor) =>
            tf.reshape(tf.mean(tf.mean(tf.reshape(a, [rows * h, 2, w, 2, channels]), 3), 1), [
              rows,
              h * w * channels,
            ]);
          expect(relativeError(fused(x), defined(x))).toBeLessThan(1e-6);
          const slope = (f: (a: Tensor) => Tensor) =>
            tf.grads((a: Tensor) => tf.sum(tf.mul(weights, f(a))))([x])[0]!;
          expect(relativeError(slope(fused), slope(defined))).toBeLessThan(1e-6);
        }, `pool ${seed}`);
      }),
      { numRuns: 15, seed: 4 },
    );
  });

  it("an image that does not fit is refused with both shapes", () => {
    tf.tidy(() => {
      const shape = { height: 4, width: 4, inChannels: 2, outChannels: 3 };
      expect(() => convolve(tf.zeros([1, 16]), tf.zeros([60]), shape)).toThrow(
        "convolve: x is [1, 16], expected [rows, 32]",
      );
      expect(() => convolve(tf.zeros([1, 32]), tf.zeros([57]), shape)).toThrow(
        "convolve: parameters is [57]",
      );
      expect(() => averagePool(tf.zeros([1, 15]), { height: 3, width: 5, channels: 1 })).toThrow(
        "even sides",
      );
    });
  });
});
