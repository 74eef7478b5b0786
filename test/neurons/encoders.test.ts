import type { Tensor, Tensor1D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { place, useKernels } from "../../kernels/load.ts";
import { encoders, makeEncoder } from "../../neurons/encoders/index.ts";
import { normals, relativeError, withoutLeaks } from "../kernels/tensors-for-tests.ts";

beforeAll(async () => {
  await useKernels();
});

const window = (values: number[][]) =>
  place(new Float32Array(values.flat()), [values.length, 1, values[0]!.length]) as Tensor3D;
const show = (x: Tensor3D) => tf.unstack(x).map((tick) => Array.from(tick.dataSync()));

describe.each(encoders.ids)("encoder %s", (id) => {
  it("shows inputs x repeat ticks of the size it says, and leaves no tensor behind", () => {
    const encoder = makeEncoder(id);
    withoutLeaks((rng) => {
      const x = normals(rng, [encoder.window, 3, 5]) as Tensor3D;
      const [inputs, batch, size] = encoder.encode(x, { rng: rng.split("spikes") }).shape;
      expect([inputs * encoder.repeat, batch, size]).toEqual([encoder.ticks, 3, encoder.inputSize(5)]);
    });
  });

  it("is a function of its stream: one seed, the same spikes; random ones differ by seed", () => {
    const encoder = makeEncoder(id);
    tf.tidy(() => {
      const x = normals(new Rng("x"), [encoder.window, 2, 4], 0.5) as Tensor3D;
      const once = (seed: string) => show(encoder.encode(x, { rng: new Rng(seed) }));
      expect(once("a")).toEqual(once("a"));
      if (encoder.random) expect(once("a")).not.toEqual(once("b"));
      else expect(once("a")).toEqual(once("b"));
    });
  });

  it("without a stream shows the same observation alike, in every row and at every call", () => {
    const encoder = makeEncoder(id);
    tf.tidy(() => {
      const one = normals(new Rng("row"), [encoder.window, 1, 4], 0.5) as Tensor3D;
      const [first, second] = tf.split(encoder.encode(tf.concat([one, one], 1) as Tensor3D), 2, 1);
      expect(show(first as Tensor3D)).toEqual(show(second as Tensor3D));
      expect(show(encoder.encode(one))).toEqual(show(first as Tensor3D));
    });
  });
});

describe("what the encoders show", () => {
  it("poisson: a number's rate is its share of the range", () => {
    tf.tidy(() => {
      const encoder = makeEncoder("poisson", { ticks: 1000, low: 0, high: 10, maxProbability: 0.8 });
      const shown = encoder.encode(window([[-1, 5, 10, 20]]), { rng: new Rng("p") });
      const [none, half, full, beyond] = Array.from(tf.mean(shown, 0).dataSync());
      expect(none).toBe(0);
      // Three standard deviations of a mean over 1000 ticks.
      expect(Math.abs(half! - 0.4)).toBeLessThan(0.047);
      expect(Math.abs(full! - 0.8)).toBeLessThan(0.038);
      expect(Math.abs(beyond! - 0.8)).toBeLessThan(0.038);
    });
  });

  it("latency: the largest spikes first, the smallest not at all", () => {
    tf.tidy(() => {
      for (const curve of ["linear", "logarithmic"]) {
        const shown = makeEncoder("latency", { ticks: 11, low: 0, high: 1, curve }).encode(
          window([[0, 0.11, 0.5, 1]]),
        );
        const times = tf
          .unstack(tf.squeeze(shown, [1]), 1)
          .map((neuron) => Array.from(neuron.dataSync()).flatMap((s, t) => (s > 0 ? [t] : [])));
        expect(times[0]).toEqual([]);
        expect(times[3]).toEqual([0]);
        expect(times[1]![0]!).toBeGreaterThan(times[2]![0]!);
        expect(times.slice(1).map((t) => t.length)).toEqual([1, 1, 1]);
        if (curve === "linear") expect(times.slice(1)).toEqual([[9], [5], [0]]);
      }
    });
  });

  it("delta: up and down channels of the changes between neighbours, oldest first", () => {
    tf.tidy(() => {
      const shown = makeEncoder("delta", { window: 3, threshold: 1 }).encode(
        window([
          [0, 0],
          [2, 0.5],
          [2, -1],
        ]),
      );
      expect(show(shown)).toEqual([
        [1, 0, 0, 0],
        [0, 0, 0, 1],
      ]);
    });
  });

  it("population: the field at the value is fullest, and the rate of its spikes is its activity", () => {
    tf.tidy(() => {
      const settings = { fields: 5, low: 0, high: 5, ticks: 1000 };
      const at = window([[2.3]]);
      const current = makeEncoder("population", { ...settings, output: "current" }).encode(at);
      const activity = Array.from(current.dataSync());
      activity.forEach((a, i) => {
        expect(a).toBeCloseTo(Math.exp(-0.5 * ((2.3 - (i + 0.5)) / 0.75) ** 2), 6);
      });
      for (const [output, tolerance] of [
        ["deterministic", 0.001],
        ["poisson", 0.05],
      ] as const) {
        const spikes = makeEncoder("population", { ...settings, output }).encode(at);
        const rates = Array.from(tf.mean(spikes, 0).dataSync());
        rates.forEach((r, i) => {
          expect(Math.abs(r - activity[i]!)).toBeLessThanOrEqual(tolerance);
        });
      }
    });
  });

  it("population: trained centres and widths have the gradient of the activity, through spikes too", () => {
    const settings = { fields: 4, ticks: 7, trained: true };
    const current = makeEncoder("population", { ...settings, output: "current" });
    withoutLeaks((rng) => {
      const x = normals(rng, [1, 3, 2], 0.5) as Tensor3D;
      const flat = place(current.trained!.initialise(2, rng)) as Tensor1D;
      const weights = normals(rng, [3, 8]);
      const slope = (output: string) => {
        const encoder = makeEncoder("population", { ...settings, output });
        // The mean over the ticks of a constant current is itself: all three read the same.
        const loss = (p: Tensor) => {
          const shown = encoder.encode(x, { parameters: p as Tensor1D, rng: new Rng("spikes") });
          return tf.sum(tf.mul(weights, tf.mean(shown, 0)));
        };
        return tf.grads(loss)([flat])[0]!;
      };
      const exact = slope("current");
      expect(relativeError(slope("deterministic"), exact)).toBeLessThan(1e-5);
      expect(relativeError(slope("poisson"), exact)).toBeLessThan(1e-5);

      const values = flat.dataSync();
      const loss = (p: Float32Array) =>
        tf.sum(tf.mul(weights, current.encode(x, { parameters: place(p) as Tensor1D }))).dataSync()[0]!;
      values.forEach((value, i) => {
        const moved = (d: number) => loss(Float32Array.from(values, (v, k) => (k === i ? value + d : v)));
        const difference = (moved(1e-2) - moved(-1e-2)) / 2e-2;
        expect(Math.abs(difference - exact.dataSync()[i]!)).toBeLessThan(2e-2);
      });
    });
  });

  it("a trained encoder without its parameters, and an empty range, are refused in words", () => {
    const encoder = makeEncoder("population", { trained: true });
    expect(() => encoder.encode(window([[0]]))).toThrow(
      'encoder "population": parameters is [], expected [24]',
    );
    expect(() => makeEncoder("poisson", { low: 1, high: 1 })).toThrow(
      '"high" is 1, expected more than "low"',
    );
    expect(() => makeEncoder("poison")).toThrow('did you mean "poisson"?');
  });
});
