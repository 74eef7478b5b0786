import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { useKernels } from "../../kernels/load.ts";
import { squashedGaussian, squashedGaussianDefinition } from "../../kernels/squashed-gaussian.ts";
import { normals, relativeError, withoutLeaks } from "./tensors-for-tests.ts";

beforeAll(async () => {
  await useKernels();
});

describe.each(["spikegym", "cpu"])("squashedGaussian on the %s backend", (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    return async () => {
      await tf.setBackend("spikegym");
    };
  });

  const compare = (actions: number, scale: number, value: number, slope: number) =>
    withoutLeaks((rng) => {
      const heads = normals(rng, [2, 40, actions], scale) as Tensor3D;
      const noise = normals(rng, [40, actions]) as Tensor2D;
      const onAction = normals(rng, [40, actions]);
      const onLogDensity = normals(rng, [40, 1]);
      const fused = squashedGaussian(heads, noise);
      const truth = squashedGaussianDefinition(heads, noise);
      expect(relativeError(fused.action, truth.action)).toBeLessThan(value);
      expect(relativeError(fused.logDensity, truth.logDensity)).toBeLessThan(value);
      const gradient = (f: typeof squashedGaussian) =>
        tf.grads((h: Tensor) => {
          const { action, logDensity } = f(h as Tensor3D, noise);
          return tf.add(tf.sum(tf.mul(onAction, action)), tf.sum(tf.mul(onLogDensity, logDensity)));
        })([heads])[0]!;
      expect(relativeError(gradient(squashedGaussian), gradient(squashedGaussianDefinition))).toBeLessThan(
        slope,
      );
    });

  it.each([1, 3])("equals its definition for %i actions, value and gradient", (actions) => {
    compare(actions, 0.3, 1e-5, 1e-4);
  });

  // The definition loses digits in 1 - a^2 where tanh saturates; the op works in float64 there.
  it.each([1, 3])("and where tanh saturates and log std is clipped", (actions) => {
    compare(actions, 2, 2e-2, 2e-2);
  });
});
