import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import type { KernelHost } from "../../kernels/host.ts";
import { place, useKernels } from "../../kernels/load.ts";
import { mlp, mlpDefinition } from "../../kernels/mlp.ts";
import { initialiseMlp, mlpLayout } from "../../kernels/mlp-shape.ts";
import { normals, relativeError, withoutLeaks } from "./tensors-for-tests.ts";

let host: KernelHost;
beforeAll(async () => {
  host = await useKernels();
});

// Weight gradients take 64 rows at a time where a layer is whole tiles of eight wide.
const shapes = fc.record({
  batch: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 21 }) }, fc.constantFrom(64, 65, 130)),
  sizes: fc.array(fc.oneof(fc.integer({ min: 1, max: 37 }), fc.constantFrom(8, 16, 32)), {
    minLength: 2,
    maxLength: 4,
  }),
  members: fc.integer({ min: 1, max: 3 }),
  seed: fc.integer(),
});

describe.each(["spikegym", "cpu"])("mlp on the %s backend", (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    return async () => {
      await tf.setBackend("spikegym");
    };
  });

  it("gives a row the same bits whatever rows come with it", () => {
    if (backend !== "spikegym") return;
    fc.assert(
      fc.property(shapes, ({ batch, sizes, members, seed }) => {
        withoutLeaks((rng) => {
          const shape = { sizes, members };
          const x = normals(rng, [batch, sizes[0]!]) as Tensor2D;
          const p = place(initialiseMlp(shape, rng)) as Tensor1D;
          const together = mlp(x, p, shape);
          for (let row = 0; row < batch; row++) {
            const alone = mlp(tf.slice(x, [row, 0], [1, -1]), p, shape);
            expect(alone.dataSync()).toEqual(tf.slice(together, [0, row, 0], [-1, 1, -1]).dataSync());
          }
        }, `rows ${seed}`);
      }),
      { numRuns: 20, seed: 2 },
    );
  });

  it("equals its definition, value and both gradients within 1e-5, on random shapes, leaving nothing behind", () => {
    fc.assert(
      fc.property(shapes, ({ batch, sizes, members, seed }) => {
        withoutLeaks((rng) => {
          const x = normals(rng, [batch, sizes[0]!]) as Tensor2D;
          const flat = initialiseMlp({ sizes, members }, rng);
          rng.fillUniform(flat.subarray(flat.length - 3), -1, 1);
          const p = place(flat) as Tensor1D;
          const shape = { sizes, members };
          const weights = normals(rng, [members, batch, sizes.at(-1)!]);
          const both = [mlp, mlpDefinition].map((f) =>
            tf.grads((a, b) => tf.sum(tf.mul(weights, f(a as Tensor2D, b as Tensor1D, shape))))([x, p]),
          );
          expect(relativeError(mlp(x, p, shape), mlpDefinition(x, p, shape))).toBeLessThan(1e-5);
          expect(relativeError(both[0]![0]!, both[1]![0]!)).toBeLessThan(1e-5);
          expect(relativeError(both[0]![1]!, both[1]![1]!)).toBeLessThan(1e-5);
        }, `mlp ${seed}`);
      }),
      { numRuns: 40, seed: 1 },
    );
  });
});

describe("mlp", () => {
  it.each([
    [64, [11, 128, 128, 1]],
    [33, [68, 72, 130]],
  ])("equals its definition at working sizes: batch %i, sizes %j", (batch, sizes) => {
    withoutLeaks((rng) => {
      const shape = { sizes, members: 2 };
      const x = normals(rng, [batch, sizes[0]!]) as Tensor2D;
      const p = place(initialiseMlp(shape, rng)) as Tensor1D;
      const weights = normals(rng, [2, batch, sizes.at(-1)!]);
      const gradients = [mlp, mlpDefinition].map((f) =>
        tf.grads((a, b) => tf.sum(tf.mul(weights, f(a as Tensor2D, b as Tensor1D, shape))))([x, p]),
      );
      expect(relativeError(mlp(x, p, shape), mlpDefinition(x, p, shape))).toBeLessThan(1e-5);
      expect(relativeError(gradients[0]![0]!, gradients[1]![0]!)).toBeLessThan(1e-5);
      expect(relativeError(gradients[0]![1]!, gradients[1]![1]!)).toBeLessThan(1e-5);
    });
  });

  it("frees all kernel memory it takes", () => {
    const before = host.pool.usedBytes;
    const shape = { sizes: [5, 16, 2], members: 2 };
    withoutLeaks((rng) => {
      const x = normals(rng, [9, 5]) as Tensor2D;
      const p = place(initialiseMlp(shape, rng)) as Tensor1D;
      tf.grads((a, b) => tf.sum(mlp(a as Tensor2D, b as Tensor1D, shape)))([x, p]);
    });
    // The shared scratch may have grown; a second round must not.
    const between = host.pool.usedBytes;
    withoutLeaks((rng) => {
      const x = normals(rng, [9, 5]) as Tensor2D;
      const p = place(initialiseMlp(shape, rng)) as Tensor1D;
      tf.grads((a, b) => tf.sum(mlp(a as Tensor2D, b as Tensor1D, shape)))([x, p]);
    });
    expect(host.pool.usedBytes).toBe(between);
    expect(between - before).toBeLessThan(1 << 20);
  });

  it("counts parameters without the gaps of the layout", () => {
    expect(mlpLayout({ sizes: [3, 5, 1], members: 2 }).count).toBe(2 * (3 * 5 + 5 + 5 + 1));
  });

  it("names the place and both shapes when an input does not fit", () => {
    const shape = { sizes: [4, 2], members: 1 };
    withoutLeaks((rng) => {
      const p = place(initialiseMlp(shape, new Rng(0))) as Tensor1D;
      expect(() => mlp(normals(rng, [3, 5]) as Tensor2D, p, shape)).toThrow(
        "mlp: x is [3, 5], expected [batch, 4]",
      );
      expect(() => mlp(normals(rng, [3, 4]) as Tensor2D, tf.zeros([7]), shape)).toThrow(
        "mlp: parameters is [7]",
      );
    });
  });
});
