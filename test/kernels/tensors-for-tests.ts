import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";
import { Rng } from "../../core/rng.ts";
import { place } from "../../kernels/load.ts";

/** Standard normal numbers, scaled. */
export function normals(rng: Rng, shape: number[], scale = 1): Tensor {
  const values = new Float32Array(tf.util.sizeFromShape(shape));
  rng.fillNormal(values, 0, scale);
  return place(values, shape);
}

/** The largest difference relative to the largest value. */
export function relativeError(got: Tensor, expected: Tensor): number {
  expect(got.shape).toEqual(expected.shape);
  const a = got.dataSync();
  const b = expected.dataSync();
  let difference = 0;
  let size = 1e-30;
  for (let i = 0; i < a.length; i++) {
    if (Number.isNaN(a[i]!) || Number.isNaN(b[i]!)) return Number.NaN;
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
    size = Math.max(size, Math.abs(b[i]!));
  }
  return difference / size;
}

/** The norm of the difference relative to the norm: an error that a few steep places do not decide. */
export function relativeNormError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(got.length).toBe(expected.length);
  let difference = 0;
  let size = 1e-60;
  for (let i = 0; i < got.length; i++) {
    difference += (got[i]! - expected[i]!) ** 2;
    size += expected[i]! ** 2;
  }
  return Math.sqrt(difference / size);
}

/** Runs the work and checks that no tensor is left behind. */
export function withoutLeaks(work: (rng: Rng) => void, seed = "test"): void {
  const before = tf.memory().numTensors;
  tf.tidy(() => work(new Rng(seed)));
  expect(tf.memory().numTensors).toBe(before);
}
