import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { place, useKernels } from "../../kernels/load.ts";
import { runNeuron, traceNeuron } from "../../kernels/neuron.ts";
import { makeNeuron } from "../../neurons/index.ts";
import { hhFloat64 } from "./hh-float64.ts";
import { normals, relativeNormError, withoutLeaks } from "./tensors-for-tests.ts";

beforeAll(async () => {
  await useKernels();
});

const UNITS = 5;

describe("hh in float32 against float64", () => {
  it.each([
    { ticks: 100, tickMs: 1, substeps: 2, smoothMv: 0, thresholdMv: 0 },
    { ticks: 100, tickMs: 1, substeps: 1, smoothMv: 0, thresholdMv: 0 },
    { ticks: 15, tickMs: 2, substeps: 4, smoothMv: 0, thresholdMv: 0 },
    { ticks: 100, tickMs: 1, substeps: 2, smoothMv: 10, thresholdMv: -45 },
    { ticks: 100, tickMs: 0.1, substeps: 1, smoothMv: 0, thresholdMv: 0 },
    // Voltages hundreds of millivolts below rest, within the table of rates and beyond its end.
    { ticks: 15, tickMs: 2, substeps: 4, smoothMv: 0, thresholdMv: 0, strength: 10 },
    { ticks: 15, tickMs: 2, substeps: 4, smoothMv: 0, thresholdMv: 0, strength: 50 },
    // A neuron on the edge of a spike magnifies rounding a thousandfold, so one draw in ten misses 1e-4 by chance.
  ])(
    "%o: spikes identical, state within 1e-5, gradient within 1e-4 of its norm (median of three draws)",
    (settings) => {
      const { ticks, tickMs, substeps, smoothMv, thresholdMv, strength = 1 } = settings;
      const model = makeNeuron("hh", { tickMs, substeps, smoothMv, thresholdMv, detachAboveMv: null });
      const errors = ["test", "a", "b"].map((seed) => {
        let error = Number.NaN;
        withoutLeaks((rng) => {
          const inputs = normals(rng, [ticks, 1, UNITS], strength) as Tensor3D;
          const weights = normals(rng, [ticks, 1, UNITS]);
          const constants = place(model.constants(UNITS, ticks, rng).values, [9, UNITS]) as Tensor2D;
          const run = { neuron: model.kernel, repeat: 1, mean: false };
          const { output, states } = traceNeuron(inputs, constants, run);
          const loss = (x: Tensor) => tf.sum(tf.mul(weights, runNeuron(x as Tensor3D, constants, run)));
          const gradient = tf.grads(loss)([inputs])[0]!.dataSync();
          const [x, w, out, s] = [inputs, weights, output, states].map((tensor) => tensor.dataSync()) as [
            Float32Array,
            Float32Array,
            Float32Array,
            Float32Array,
          ];
          const reference = {
            dtMs: tickMs / substeps,
            substeps,
            gain: 10,
            offset: 5,
            smoothMv,
            thresholdMv,
            surrogate: (d: number) => 0.05 / (1 + Math.abs(d) / 20) ** 2,
          };
          const got = { v: [] as number[], gradient: [] as number[] };
          const expected = { v: [] as number[], gradient: [] as number[] };
          let spikes = 0;
          for (let u = 0; u < UNITS; u++) {
            const own = Float64Array.from({ length: ticks }, (_, t) => x[t * UNITS + u]!);
            for (let by = 0; by < ticks; by++) {
              const exact = hhFloat64(reference, own, by);
              let slope = 0;
              exact.outputs.forEach((o, t) => {
                slope += w[t * UNITS + u]! * o.d;
              });
              got.gradient.push(gradient[by * UNITS + u]!);
              expected.gradient.push(slope);
              if (by > 0) continue;
              exact.states.forEach((state, t) => {
                state.forEach((value, k) => {
                  got.v.push(s[(t * 4 + k) * UNITS + u]!);
                  expected.v.push(value);
                });
              });
              if (smoothMv > 0) continue;
              exact.outputs.forEach((o, t) => {
                expect(out[t * UNITS + u]).toBe(o.x);
                spikes += o.x;
              });
            }
          }
          if (smoothMv === 0) expect(spikes).toBeGreaterThanOrEqual(UNITS);
          expect(relativeNormError(got.v, expected.v)).toBeLessThan(1e-5);
          error = relativeNormError(got.gradient, expected.gradient);
        }, seed);
        return error;
      });
      const [, median, worst] = errors.sort((x, y) => x - y);
      expect(median).toBeLessThan(1e-4);
      expect(worst).toBeLessThan(3e-4);
    },
  );
});

describe("hh, whatever is done to it", () => {
  it("its gates stay in [0, 1] and its voltage finite, at any step it takes and any current up to 1e35 uA/cm2", () => {
    const extreme = fc.oneof(
      fc.double({ min: -1e3, max: 1e3, noNaN: true }),
      fc.double({ min: -1e30, max: 1e30, noNaN: true }),
      fc.constantFrom(0, -1e35, 1e35),
    );
    fc.assert(
      fc.property(
        fc.array(extreme, { minLength: 4, maxLength: 60 }),
        fc.constantFrom(0.01, 0.1, 0.5, 1),
        (currents, tickMs) => {
          const model = makeNeuron("hh", { tickMs, substeps: 1, gain: 1, offset: 0 });
          tf.tidy(() => {
            const inputs = place(Float32Array.from(currents.flatMap((i) => [i, -i, i / 7, 1])), [
              currents.length,
              1,
              4,
            ]) as Tensor3D;
            const constants = place(model.constants(4, currents.length, new Rng(0)).values, [9, 4]);
            const run = { neuron: model.kernel, repeat: 3, mean: false };
            const { states } = traceNeuron(inputs, constants as Tensor2D, run);
            states.dataSync().forEach((value, i) => {
              const variable = Math.floor(i / 4) % 4;
              if (variable === 0) expect(Number.isFinite(value)).toBe(true);
              else expect(value >= 0 && value <= 1, `gate ${variable}: ${value}`).toBe(true);
            });
          });
        },
      ),
      { numRuns: 60, seed: 3 },
    );
  });
});
