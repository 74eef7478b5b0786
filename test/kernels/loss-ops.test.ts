import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { useKernels } from "../../kernels/load.ts";
import { beside, smallestMember, squaredErrors, weightedMean } from "../../kernels/loss-ops.ts";
import { normals, relativeError, withoutLeaks } from "./tensors-for-tests.ts";

beforeAll(async () => {
  await useKernels();
});

/** Value and gradients of both, under a random weighting of the output. */
function expectEqual(inputs: Tensor[], op: (...x: Tensor[]) => Tensor, truth: (...x: Tensor[]) => Tensor) {
  const expected = truth(...inputs);
  const weights = tf.reshape(tf.add(1, tf.range(0, expected.size)), expected.shape);
  expect(relativeError(op(...inputs), expected)).toBeLessThan(1e-6);
  const slopes = (f: typeof op) => tf.grads((...x: Tensor[]) => tf.sum(tf.mul(weights, f(...x))))(inputs);
  const own = slopes(op);
  slopes(truth).forEach((slope, i) => {
    expect(relativeError(own[i]!, slope)).toBeLessThan(1e-6);
  });
}

describe.each(["spikegym", "cpu"])("on the %s backend", (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    return async () => {
      await tf.setBackend("spikegym");
    };
  });

  it("beside equals the concatenation of columns, value and gradients", () =>
    withoutLeaks((rng) => {
      expectEqual(
        [normals(rng, [7, 3]), normals(rng, [7, 2])],
        (a, b) => beside(a as Tensor2D, b as Tensor2D),
        (a, b) => tf.concat([a!, b!], 1),
      );
    }));

  it("smallestMember equals the minimum over the first axis, value and gradient", () =>
    withoutLeaks((rng) => {
      expectEqual(
        [normals(rng, [2, 9, 2])],
        (x) => smallestMember(x as Tensor3D),
        (x) => {
          const [first, second] = tf.unstack(x!);
          return tf.minimum(first!, second!);
        },
      );
    }));

  it("squaredErrors equals the sum of the members' mean squared errors, value and gradient", () =>
    withoutLeaks((rng) => {
      const target = normals(rng, [9, 1]) as Tensor2D;
      expectEqual(
        [normals(rng, [2, 9, 1])],
        (x) => squaredErrors(x as Tensor3D, target),
        (x) => tf.mul(tf.sum(tf.squaredDifference(x!, target)), 1 / 9),
      );
    }));

  it("weightedMean equals its definition, value and gradients", () =>
    withoutLeaks((rng) => {
      expectEqual(
        [normals(rng, [9, 1]), normals(rng, [9, 1])],
        (a, b) => weightedMean(0.2, a as Tensor2D, -1, b as Tensor2D),
        (a, b) => tf.mean(tf.sub(tf.mul(0.2, a!), b!)),
      );
    }));
});
