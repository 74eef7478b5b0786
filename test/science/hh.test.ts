import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { place, storage, useKernels } from "../../kernels/load.ts";
import { traceNeuron } from "../../kernels/neuron.ts";
import { makeNeuron } from "../../neurons/index.ts";

beforeAll(async () => {
  await useKernels();
});

const UNITS = 4;

interface Run {
  /** After each step, mV. */
  readonly v: Float32Array;
  readonly dtMs: number;
  /** Spikes of the step they happened in, ms. */
  readonly spikesMs: readonly number[];
}

/** One neuron from rest under a constant current (uA/cm2), every step kept. */
function inject(current: number, dtMs: number, durationMs: number): Run {
  const steps = Math.round(durationMs / dtMs);
  const model = makeNeuron("hh", { tickMs: dtMs, substeps: 1, gain: 0, offset: current });
  return tf.tidy(() => {
    const { output, states } = traceNeuron(
      tf.zeros([1, 1, UNITS]) as Tensor3D,
      place(model.constants(UNITS, steps, new Rng(0)).values, [9, UNITS]) as Tensor2D,
      { neuron: model.kernel, repeat: steps, mean: false },
    );
    const all = storage(states);
    const spikes = storage(output);
    const v = Float32Array.from({ length: steps }, (_, t) => all[t * 4 * UNITS]!);
    const spikesMs: number[] = [];
    for (let t = 0; t < steps; t++) if (spikes[t * UNITS] !== 0) spikesMs.push((t + 1) * dtMs);
    return { v, dtMs, spikesMs };
  });
}

/** Firing rate over the second half of the run, Hz. */
function rateHz({ spikesMs }: Run, durationMs: number): number {
  const late = spikesMs.filter((t) => t > durationMs / 2);
  return late.length < 2 ? 0 : (1000 * (late.length - 1)) / (late.at(-1)! - late[0]!);
}

describe("hh against the physiology (integrated in float32, Hodgkin & Huxley 1952)", () => {
  it("fires at the times of the golden run: I = 10, dt = 0.01 ms, crossings of 0 mV", () => {
    const { v, spikesMs } = inject(10, 0.01, 100);
    const golden = [1.91, 16.83, 31.48, 46.12, 60.75, 75.39, 90.03];
    expect(spikesMs).toHaveLength(golden.length);
    golden.forEach((t, i) => {
      expect(Math.abs(spikesMs[i]! - t)).toBeLessThan(0.025);
    });
    expect(v[99]).toBeCloseTo(-55.9756, 2);
    expect(v[199]).toBeCloseTo(28.3402, 1);
    expect(v[499]).toBeCloseTo(-75.0586, 2);
  });

  it.each([
    [6.5, 55.1],
    [10, 68.3],
    [20, 86.5],
    [50, 117.0],
  ])("at %d uA/cm2 it fires %d times a second, within 0.5 %%", (current, expected) => {
    const rate = rateHz(inject(current, 0.01, 600), 600);
    expect(Math.abs(rate / expected - 1)).toBeLessThan(0.005);
  });

  it("is silent at 6.2 uA/cm2 after at most three spikes, and does not go on firing at 154", () => {
    const weak = inject(6.2, 0.02, 400);
    expect(weak.spikesMs.length).toBeLessThanOrEqual(3);
    expect(rateHz(weak, 400)).toBe(0);
    expect(rateHz(inject(154.5, 0.02, 400), 400)).toBe(0);
  });

  it.each([
    [0.1, 68.0],
    [0.2, 66.7],
    [0.5, 62.5],
  ])("stays close at a step of %d ms: %d Hz at 10 uA/cm2", (dtMs, expected) => {
    // A spike is only placed to the step it falls in.
    expect(Math.abs(rateHz(inject(10, dtMs, 1000), 1000) / expected - 1)).toBeLessThan(0.01);
  });

  it("is stable at 1 ms, gates within [0, 1], for currents from -50 to 200", () => {
    for (const current of [-50, 0, 10, 50, 200]) {
      const model = makeNeuron("hh", { tickMs: 1, substeps: 1, gain: 0, offset: current });
      tf.tidy(() => {
        const { states } = traceNeuron(
          tf.zeros([1, 1, UNITS]) as Tensor3D,
          place(model.constants(UNITS, 500, new Rng(0)).values, [9, UNITS]) as Tensor2D,
          { neuron: model.kernel, repeat: 500, mean: false },
        );
        const values = storage(states);
        for (let t = 0; t < 500; t++) {
          const v = values[t * 4 * UNITS]!;
          expect(v > -300 && v < 120).toBe(true);
          for (let gate = 1; gate < 4; gate++) {
            const x = values[(t * 4 + gate) * UNITS]!;
            expect(x >= 0 && x <= 1).toBe(true);
          }
        }
      });
    }
  });

  it("refuses a step above 1 ms and says how many substeps it takes", () => {
    expect(() => makeNeuron("hh", { tickMs: 3, substeps: 2 })).toThrow(
      /a step of 1\.5 ms, expected at most 1 \(the largest stable one\); use at least 3 substeps/,
    );
  });
});
