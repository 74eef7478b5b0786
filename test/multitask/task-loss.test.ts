import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { place, useKernels } from "../../kernels/load.ts";
import { sampleCode, softplus, stochasticCode } from "../../multitask/information/bottleneck.ts";
import { labelEntropyBits } from "../../multitask/information/measure.ts";
import { taskLoss } from "../../multitask/task-loss.ts";
import { normals, withoutLeaks } from "../kernels/tensors-for-tests.ts";

beforeAll(async () => {
  await useKernels();
});

/** Checks a scalar loss's gradient against central differences. */
function checkGradient(loss: (x: Tensor) => Tensor, x: Tensor, tolerance: number): void {
  const slope = tf.grads(loss)([x])[0]!.dataSync();
  const values = x.dataSync();
  for (let i = 0; i < values.length; i++) {
    const at = (d: number) =>
      loss(
        place(
          Float32Array.from(values, (v, k) => (k === i ? v + d : v)),
          x.shape,
        ),
      ).dataSync()[0]!;
    expect(Math.abs((at(0.01) - at(-0.01)) / 0.02 - slope[i]!)).toBeLessThan(tolerance);
  }
}

describe("taskLoss", () => {
  const tasks = [
    { name: "a", classes: 3 },
    { name: "b", classes: 2 },
  ];
  const labels = [Uint8Array.of(0, 2, 1, 1), Uint8Array.of(1, 0, 0, 1)];

  it("is the weighted sum of the tasks' mean cross-entropies, with their gradient", () => {
    withoutLeaks((rng) => {
      const logits = normals(rng, [4, 5]) as Tensor2D;
      const z = logits.arraySync();
      let expected = 0;
      z.forEach((row, i) => {
        const entropy = (part: number[], label: number) =>
          Math.log(part.reduce((sum, x) => sum + Math.exp(x), 0)) - part[label]!;
        expected +=
          (2 * entropy(row.slice(0, 3), labels[0]![i]!) + 0.5 * entropy(row.slice(3), labels[1]![i]!)) / 4;
      });
      const loss = (x: Tensor) => taskLoss(x as Tensor2D, labels, tasks, [2, 0.5]);
      expect(loss(logits).dataSync()[0]).toBeCloseTo(expected, 5);
      checkGradient(loss, logits, 2e-3);
    });
  });

  it("stays finite for logits that overflow an exponential", () => {
    tf.tidy(() => {
      const logits = tf.tensor2d([[1e4, 0, -1e4, 500, 0]]);
      const first = labels.map((own) => own.subarray(0, 1));
      expect(taskLoss(logits, first, tasks, [1, 1]).dataSync()[0]).toBeCloseTo(500, 0);
    });
  });
});

describe("the bottleneck's code", () => {
  it("costs the divergence of a Gaussian from the standard one", () => {
    // mu 1, sigma softplus(0) = ln 2, worked out by hand.
    const { kl, code } = sampleCode(Float32Array.of(1, 5), Float32Array.of(2), 1);
    const sigma = Math.LN2;
    expect(kl).toBeCloseTo(0.5 * (1 + sigma ** 2 - 2 * Math.log(sigma) - 1), 6);
    expect(code[0]).toBeCloseTo(1 + 2 * sigma, 6);
    expect(softplus(50)).toBeCloseTo(50, 10);
    expect(softplus(-100)).toBe(1e-7);
  });

  it("has the gradient of loss(z) + beta KL", () => {
    withoutLeaks((rng) => {
      const statistics = tf.add(normals(rng, [2, 6]), tf.tensor1d([0, 0, 0, 5, 5, 5])) as Tensor2D;
      const noise = Float32Array.from({ length: 6 }, () => rng.normal());
      const weights = normals(rng, [2, 3]);
      const beta = 0.7;
      const own = tf
        .grads((s: Tensor) => tf.sum(tf.mul(weights, stochasticCode(s as Tensor2D, noise, 3, beta, 2))))([
          statistics,
        ])[0]!
        .dataSync();
      const values = statistics.dataSync();
      const loss = (s: Float32Array) => {
        const { code, kl } = sampleCode(s, noise, 3);
        const w = weights.dataSync();
        return code.reduce((sum, z, i) => sum + w[i]! * z, 0) + beta * kl;
      };
      for (let i = 0; i < values.length; i++) {
        const at = (d: number) => loss(Float32Array.from(values, (v, k) => (k === i ? v + d : v)));
        expect(Math.abs((at(0.01) - at(-0.01)) / 0.02 - own[i]!)).toBeLessThan(5e-3);
      }
    });
  });

  it("two independent labels of ten classes hold twice log2 10 bits, of which the published form counts one", () => {
    expect(labelEntropyBits("corrected", [10, 10])).toBeCloseTo(2 * Math.log2(10), 12);
    expect(labelEntropyBits("published", [10, 10])).toBeCloseTo(Math.log2(10), 12);
  });
});
