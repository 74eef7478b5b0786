import type { Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { useKernels } from "../../kernels/load.ts";
import { rectify } from "../../kernels/rectify.ts";
import { normals, withoutLeaks } from "./tensors-for-tests.ts";

beforeAll(async () => {
  await useKernels();
});

describe.each(["spikegym", "cpu"])("rectify on the %s backend", (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    return async () => {
      await tf.setBackend("spikegym");
    };
  });

  it("equals tfjs' ReLU and its gradient to the bit, zeros' signs apart, leaving nothing behind", () => {
    const sizes = fc.record({
      rows: fc.integer({ min: 1, max: 9 }),
      columns: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(sizes, fc.integer(), ({ rows, columns }, seed) => {
        withoutLeaks((rng) => {
          const x = normals(rng, [rows, columns]) as Tensor2D;
          const dy = normals(rng, [rows, columns]) as Tensor2D;
          // tfjs multiplies by 0, which may give -0; adding 0 makes that 0.
          const numbers = (t: tf.Tensor) => t.dataSync().map((v) => v + 0);
          const [own, theirs] = [rectify, tf.relu<Tensor2D>].map((f) => {
            const gradient = tf.grad((input) => f(input as Tensor2D));
            return [numbers(f(x)), numbers(gradient(x, dy))];
          });
          expect(own).toEqual(theirs);
        }, `rectify ${seed}`);
      }),
      { numRuns: 30, seed: 5 },
    );
  });
});
