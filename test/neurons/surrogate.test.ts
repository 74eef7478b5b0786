import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { place, useKernels } from "../../kernels/load.ts";
import { runNeuron } from "../../kernels/neuron.ts";
import { surrogateShapes } from "../../kernels/surrogate.ts";
import { makeNeuron } from "../../neurons/index.ts";
import { surrogateDerivative } from "../../neurons/surrogate.ts";

beforeAll(async () => {
  await useKernels();
});

const formulas: Record<(typeof surrogateShapes)[number], (x: number, w: number, a: number) => number> = {
  rectangle: (x, w, a) => (Math.abs(x) < w ? a : 0),
  triangle: (x, w, a) => a * Math.max(0, 1 - Math.abs(x) / w),
  sigmoid: (x, w, a) => {
    const s = 1 / (1 + Math.exp(-x / w));
    return 4 * a * s * (1 - s);
  },
  "fast-sigmoid": (x, w, a) => a / (1 + Math.abs(x) / w) ** 2,
  arctangent: (x, w, a) => a / (1 + (x / w) ** 2),
  gaussian: (x, w, a) => a * Math.exp(-((x / w) ** 2) / 2),
  "piecewise-exponential": (x, w, a) => a * Math.exp(-Math.abs(x) / w),
};

it.each(surrogateShapes)(
  "the %s surrogate follows its formula, in tensor ops and in the kernels",
  (shape) => {
    for (const [width, height] of [
      [0.4, 1],
      [1.7, 0.3],
      [0.05, 12],
    ] as const) {
      tf.tidy(() => {
        // Distances from a threshold of 5, which leave a rectified input positive.
        const values = Float32Array.from({ length: 401 }, (_, i) => 3.0037 + i * 0.01);
        const currents = place(values, [1, 1, 401]) as Tensor3D;
        const surrogate = { shape, width, height };
        const model = makeNeuron("ann", { threshold: 5, surrogate });
        const constants = tf.fill([1, 401], 5) as Tensor2D;
        const run = { neuron: model.kernel, repeat: 1, mean: true } as const;
        const fused = tf.grads((c: Tensor) => tf.sum(runNeuron(c as Tensor3D, constants, run)))([currents]);
        const kernel = fused[0]!.dataSync();
        const ops = surrogateDerivative(tf.sub(currents, 5), surrogate).dataSync();
        values.forEach((x, i) => {
          const expected = formulas[shape](x - 5, width, height);
          expect(Math.abs(kernel[i]! - expected)).toBeLessThan(2e-5 * height);
          expect(Math.abs(ops[i]! - expected)).toBeLessThan(2e-5 * height);
        });
      });
    }
  },
);
