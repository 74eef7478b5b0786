import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { Rng } from "../../core/rng.ts";
import { place, useKernels } from "../../kernels/load.ts";
import { runNeuron } from "../../kernels/neuron.ts";
import { makeNeuron } from "../../neurons/index.ts";
import { scan } from "./scan-definition.ts";
import { normals, relativeNormError, withoutLeaks } from "./tensors-for-tests.ts";

const UNITS = 24;
const BATCH = 6;
const INPUTS = 4;
const REPEAT = 3;
/** The fourth compartment's rest, 0.25, is below the derivative's reach. */
const INNER = { inner: { train: "layer", start: 0.2 } };

beforeAll(async () => {
  await useKernels();
});

describe("s-lif2hh from rest, inner weights trained", () => {
  it.each([
    ["published", {}],
    ["reset detached", { detachReset: true }],
    ["a higher, narrower derivative", { surrogate: { shape: "rectangle", width: 0.2, height: 3 } }],
    ["at rest within the derivative", { threshold: 0.3 }],
    ["a threshold that rest is above", { threshold: -0.3 }],
  ])("%s: quiet and busy groups of units have the definition's gradient", (_, parameters) => {
    const model = makeNeuron("s-lif2hh", { ...INNER, ...parameters });
    withoutLeaks((rng) => {
      const { rows, values } = model.constants(UNITS, INPUTS * REPEAT, rng.split("constants"));
      const constants = place(values, [rows, UNITS]) as Tensor2D;
      const currents = mixedCurrents(rng);
      for (const mean of [true, false]) {
        const run = { neuron: model.kernel, repeat: REPEAT, mean, trainsConstants: true };
        const out = runNeuron(currents, constants, run);
        const onOutput = normals(rng, out.shape);
        const gradients = (f: (c: Tensor3D, k: Tensor2D) => Tensor) =>
          tf.grads((c: Tensor, k: Tensor) => tf.sum(tf.mul(onOutput, f(c as Tensor3D, k as Tensor2D))))([
            currents,
            constants,
          ]);
        const fused = gradients((c, k) => runNeuron(c, k, run));
        const defined = gradients((c, k) => {
          const { output } = scan(model, k, c, REPEAT);
          return mean ? tf.mean(output, 0) : output;
        });
        expect(relativeNormError(fused[0]!.dataSync(), defined[0]!.dataSync())).toBeLessThan(1e-5);
        // The inner weights: decay and threshold, the first two rows, are not trained.
        const inner = (gradient: Tensor) => gradient.dataSync().subarray(2 * UNITS);
        expect(relativeNormError(inner(fused[1]!), inner(defined[1]!))).toBeLessThan(1e-5);
      }
    });
  });

  it("the currents of this test make some groups quiet and some not", () => {
    const model = makeNeuron("s-lif2hh", INNER);
    withoutLeaks((rng) => {
      const { rows, values } = model.constants(UNITS, INPUTS * REPEAT, rng.split("constants"));
      const { states } = scan(model, place(values, [rows, UNITS]) as Tensor2D, mixedCurrents(rng), REPEAT);
      const fourth = tf.slice(states, [0, 3, 0, 0], [-1, 1, -1, -1]);
      const isNear = tf.less(tf.abs(tf.sub(fourth, 0.8)), 0.4);
      const groups = tf.any(tf.reshape(isNear, [INPUTS * REPEAT, BATCH, UNITS / 4, 4]), [0, 3]);
      const busy = tf.sum(tf.cast(groups, "int32")).dataSync()[0]!;
      expect(busy).toBeGreaterThan(3);
      expect(busy).toBeLessThan((BATCH * UNITS) / 4 - 3);
    });
  });
});

/** Weak in every other row, so that the fourth compartment stays away from its threshold there. */
function mixedCurrents(rng: Rng): Tensor3D {
  const weak = normals(rng, [INPUTS, BATCH / 2, 3 * UNITS], 0.05) as Tensor3D;
  const strong = normals(rng, [INPUTS, BATCH / 2, 3 * UNITS], 2) as Tensor3D;
  return tf.concat([weak, strong], 1);
}
