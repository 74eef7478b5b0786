import type { Tensor1D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { fusedAdam, fusedPolyak } from "../../kernels/fused-adam.ts";
import { place, useKernels } from "../../kernels/load.ts";
import { type AdamState, adamDefinition, adamInit } from "../../tensors/adam.ts";
import { normals, relativeError } from "./tensors-for-tests.ts";

beforeAll(async () => {
  await useKernels();
});

describe("fusedAdam", () => {
  it.each([
    [16, 0],
    [15, 0],
    [16, 0.1],
    [15, 0.1],
  ])("equals its definition over 20 steps of %i parameters, weight decay %d", (n, weightDecay) => {
    tf.tidy(() => {
      const rng = new Rng("adam");
      const settings = { learningRate: 1e-2, weightDecay };
      const start = new Float32Array(n);
      rng.fillNormal(start);
      const fused = place(start) as Tensor1D;
      const zero = () => place(new Float32Array(n)) as Tensor1D;
      let state: AdamState = { m: zero(), v: zero(), step: 0 };
      let truth = { parameters: tf.tensor1d(start), state: adamInit(tf.tensor1d(start)) };
      for (let i = 0; i < 20; i++) {
        const gradient = normals(rng, [n]) as Tensor1D;
        state = fusedAdam(fused, gradient, state, settings);
        truth = adamDefinition(truth.parameters, gradient, truth.state, settings);
      }
      expect(state.step).toBe(20);
      expect(relativeError(fused, truth.parameters)).toBeLessThan(1e-5);
      expect(relativeError(state.v, truth.state.v)).toBeLessThan(1e-5);
    });
  });

  it("refuses a gradient of another length", () => {
    tf.tidy(() => {
      const p = place(new Float32Array(8)) as Tensor1D;
      expect(() => fusedAdam(p, tf.zeros([4]), adamInit(p), { learningRate: 1 })).toThrow(
        "fusedAdam: gradient is [4], expected [8]",
      );
    });
  });
});

describe("fusedPolyak", () => {
  it("moves the target by tau towards the source", () => {
    tf.tidy(() => {
      const target = place(Float32Array.from([0, 1, 2, 3])) as Tensor1D;
      fusedPolyak(target, place(Float32Array.from([1, 1, 1, 1])) as Tensor1D, 0.25);
      expect(Array.from(target.dataSync())).toEqual([0.25, 1, 1.75, 2.5]);
    });
  });
});
