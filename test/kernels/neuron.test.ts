import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { place, storage, useKernels } from "../../kernels/load.ts";
import { runNeuron, runNeuronCarry, traceNeuron } from "../../kernels/neuron.ts";
import { surrogateShapes } from "../../kernels/surrogate.ts";
import { makeNeuron, neurons } from "../../neurons/index.ts";
import { scan } from "./scan-definition.ts";
import { normals, relativeError, relativeNormError, withoutLeaks } from "./tensors-for-tests.ts";

beforeAll(async () => {
  await useKernels();
});

// Scale of the input currents: enough to spike now and then.
const cases: [string, Record<string, unknown>, number][] = [
  ["lif", { threshold: 0.3, decay: 0.6 }, 0.5],
  ["lif", { surrogate: { shape: "sigmoid", width: 0.3, height: 1 }, detachReset: true }, 0.5],
  ["lif", { reset: "soft", decay: { draw: "uniform", mean: 0.6, spread: 0.3 } }, 0.5],
  ["lif", { reset: "soft", detachReset: true, decay: 0.7 }, 0.5],
  ["lif", { reset: "none", decay: 0.9, threshold: { draw: "normal", mean: 0.4, spread: 0.1 } }, 0.5],
  ["lif", { reset: "hard", refractory: 2, decay: 0.8 }, 0.5],
  ["lif", { reset: "soft", refractory: 1, decay: 0.8 }, 0.5],
  ["alif", {}, 0.7],
  ["alif", { reset: "hard", detachReset: true }, 0.7],
  ["alif", { reset: "none", adaptation: { draw: "lognormal", mean: 0.2, spread: 0.5 } }, 0.7],
  ["ann", {}, 1],
  ["s-lif2hh", {}, 1],
  ["s-lif2hh", { detachReset: true, positiveInner: true, decay: { train: "neuron", start: 0.5 } }, 1],
  ["izhikevich", {}, 1],
  ["izhikevich", { detachReset: false, c: { draw: "normal", mean: -60, spread: 5 } }, 1],
  ["hh-published", { threshold: 2 }, 3],
  ["hh-published", { threshold: 1, dt: 0.1, detachIonic: true }, 3],
  ["hh-published", { threshold: 0.3, dt: 0.01, gain: 100, offset: -3.18 }, 1],
  ["hh", { tickMs: 1, substeps: 2, detachAboveMv: null }, 2],
  ["hh", { tickMs: 2, substeps: 4, detachGates: true }, 2],
  // Currents that pull the voltage some hundred millivolts below rest.
  ["hh", {}, 8],
  ["hh", { tickMs: 1.5, substeps: 3, smoothMv: 10, thresholdMv: -40, detachAboveMv: null }, 2],
  [
    "hh",
    {
      gNa: { draw: "normal", mean: 120, spread: 10 },
      eL: { draw: "uniform", mean: -54, spread: 4 },
      capacitance: { draw: "lognormal", mean: 1, spread: 0.2 },
    },
    2,
  ],
  ["tv-lif2hh", {}, 2],
];

const shapes = fc.record({
  inputs: fc.integer({ min: 1, max: 5 }),
  repeat: fc.integer({ min: 1, max: 3 }),
  batch: fc.integer({ min: 1, max: 9 }),
  units: fc.integer({ min: 1, max: 11 }),
  seed: fc.integer(),
});

describe.each(["spikegym", "cpu"])("fused neurons on the %s backend", (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    return async () => {
      await tf.setBackend("spikegym");
    };
  });

  it.each(cases)("%s %o equals its definition: spikes, state, gradients", (id, parameters, scale) => {
    const model = makeNeuron(id, parameters);
    // `hh` has its own exp and shares divisions, the filter form of `hh-published` reorders sums: they round differently
    // from their definitions (test/kernels/hh.test.ts holds both to float64). The others must agree to the bit.
    const { kernel } = model.kernel;
    const tolerance = kernel === "hh" || kernel === "filter" ? 1e-5 : 0;
    fc.assert(
      fc.property(shapes, ({ inputs, repeat, batch, units, seed }) => {
        withoutLeaks((rng) => {
          const ticks = inputs * repeat;
          const { rows, values } = model.constants(units, ticks, rng.split("constants"));
          const constants = place(values, [rows, units]) as Tensor2D;
          const currents = normals(rng, [inputs, batch, model.inputsPerUnit * units], scale) as Tensor3D;
          const run = { neuron: model.kernel, repeat, mean: false };
          const truth = scan(model, constants, currents, repeat);
          const { output, states } = traceNeuron(currents, constants, run);
          expect(relativeNormError(states.dataSync(), truth.states.dataSync())).toBeLessThanOrEqual(
            tolerance,
          );
          if (model.kernel.kernel === "hh" && model.kernel.smoothMv > 0) {
            expect(relativeError(output, truth.output)).toBeLessThan(1e-4);
          } else {
            expect(Array.from(output.dataSync())).toEqual(Array.from(truth.output.dataSync()));
          }

          // A run from some state on, with a loss on outputs and last state.
          const initial = tf.squeeze(
            tf.slice(states, [ticks - 1, 0, 0, 0], [1, -1, -1, -1]),
            [0],
          ) as Tensor3D;
          const onOutput = normals(rng, output.shape);
          const onState = normals(rng, initial.shape);
          const loss = (out: Tensor, last: Tensor) =>
            tf.add(tf.sum(tf.mul(onOutput, out)), tf.sum(tf.mul(onState, last)));
          const trains = { ...run, trainsConstants: model.kernelConstants === undefined };
          const arguments_ = [currents, initial, ...(trains.trainsConstants ? [constants] : [])];
          const fused = tf.grads((c: Tensor, from: Tensor, k: Tensor = constants) => {
            const { output: out, state } = runNeuronCarry(
              c as Tensor3D,
              k as Tensor2D,
              trains,
              from as Tensor3D,
            );
            return loss(out, state);
          })(arguments_);
          const defined = tf.grads((c: Tensor, from: Tensor, k: Tensor = constants) => {
            const { output: out, last } = scan(model, k as Tensor2D, c as Tensor3D, repeat, from as Tensor3D);
            // A model that carries nothing over does not read `from`; its gradient there is 0.
            return tf.add(loss(out, last), tf.mul(0, tf.sum(from)));
          })(arguments_);
          // Decay and threshold of s-lif2hh, its first two rows, have one only where they are trained.
          const skipped = model.kernel.kernel === "s-lif2hh" && !model.kernel.trainsLeak ? 2 * units : 0;
          fused.forEach((gradient, i) => {
            const from = i === 2 ? skipped : 0;
            const error = relativeNormError(
              gradient.dataSync().subarray(from),
              defined[i]!.dataSync().subarray(from),
            );
            expect(error, `gradient ${i}`).toBeLessThan(1e-4);
          });

          const mean = runNeuron(currents, constants, { ...run, mean: true });
          expect(relativeError(mean, tf.mean(output, 0))).toBeLessThan(1e-6);
          const onMean = normals(rng, mean.shape);
          const gradientOfMean = (f: (c: Tensor3D) => Tensor) =>
            tf.grads((c: Tensor) => tf.sum(tf.mul(onMean, f(c as Tensor3D))))([currents])[0]!;
          expect(
            relativeError(
              gradientOfMean((c) => runNeuron(c, constants, { ...run, mean: true })),
              gradientOfMean((c) => tf.mean(runNeuron(c, constants, run), 0)),
            ),
          ).toBeLessThan(1e-4);
        }, `${id} ${seed}`);
      }),
      { numRuns: 15, seed: 2 },
    );
  });
});

// The bits that a training pass keeps of a neuron come in words of 32.
it.each([1, 31, 32, 33, 64, 70])(
  "hh-published, %i ticks: the mean's gradient is that of the ticks",
  (ticks) => {
    const model = makeNeuron("hh-published", { threshold: 1 });
    withoutLeaks((rng) => {
      const { rows, values } = model.constants(9, ticks, rng);
      const constants = place(values, [rows, 9]) as Tensor2D;
      const currents = normals(rng, [ticks, 6, 9], 3) as Tensor3D;
      const onMean = normals(rng, [6, 9]);
      const gradient = (f: (c: Tensor3D) => Tensor) =>
        tf.grads((c: Tensor) => tf.sum(tf.mul(onMean, f(c as Tensor3D))))([currents])[0]!;
      const run = { neuron: model.kernel, repeat: 1 };
      const byBits = gradient((c) => runNeuron(c, constants, { ...run, mean: true }));
      const byTicks = gradient((c) => tf.mean(runNeuron(c, constants, { ...run, mean: false }), 0));
      expect(relativeError(byBits, byTicks)).toBeLessThan(1e-5);
      expect(Math.max(...byBits.dataSync())).toBeGreaterThan(0);
    });
  },
);

describe("what does not fit", () => {
  it.each(neurons.ids)("%s: NaN in a current stops with the tick and unit", (id) => {
    const model = makeNeuron(id);
    withoutLeaks((rng) => {
      const units = 6;
      const constants = model.constants(units, 8, rng);
      const values = place(constants.values, [constants.rows, units]) as Tensor2D;
      const currents = normals(rng, [4, 3, units * model.inputsPerUnit]);
      storage(currents)[(2 * 3 + 1) * units * model.inputsPerUnit + 5] = Number.NaN;
      for (const mean of [true, false]) {
        const run = { neuron: model.kernel, repeat: 2, mean, name: 'layer "first"' };
        expect(() => runNeuron(currents as Tensor3D, values, run)).toThrow(
          /layer "first": the membrane is not a number at tick 4, unit 5 \(batch row 1\)/,
        );
      }
    });
  });

  it("currents of another width than the constants are refused with the layer's name", () => {
    const model = makeNeuron("lif");
    withoutLeaks((rng) => {
      const constants = place(model.constants(6, 2, rng).values, [2, 6]) as Tensor2D;
      const run = { neuron: model.kernel, repeat: 1, mean: true, name: 'layer "second"' } as const;
      expect(() => runNeuron(normals(rng, [2, 1, 5]) as Tensor3D, constants, run)).toThrow(
        /layer "second": constants is \[2, 6\], expected \[2 or more, 5\]/,
      );
    });
  });
});

describe("neuron kernels", () => {
  it.each(surrogateShapes)("the %s surrogate equals its definition", (shape) => {
    const model = makeNeuron("lif", { surrogate: { shape, width: 0.4, height: 0.7 } });
    withoutLeaks((rng) => {
      const { rows, values } = model.constants(8, 6, rng);
      const constants = place(values, [rows, 8]) as Tensor2D;
      const currents = normals(rng, [6, 3, 8], 0.5) as Tensor3D;
      const run = { neuron: model.kernel, repeat: 1, mean: false };
      const [fused] = tf.grads((c: Tensor) => tf.sum(tf.square(runNeuron(c as Tensor3D, constants, run))))([
        currents,
      ]);
      const [defined] = tf.grads((c: Tensor) =>
        tf.sum(tf.square(scan(model, constants, c as Tensor3D, 1).output)),
      )([currents]);
      expect(relativeError(fused!, defined!)).toBeLessThan(1e-5);
    });
  });

  it("the smooth readout's gradient agrees with finite differences", () => {
    const model = makeNeuron("hh", {
      tickMs: 1,
      substeps: 2,
      smoothMv: 15,
      thresholdMv: -45,
      detachAboveMv: null,
    });
    withoutLeaks((rng) => {
      const constants = place(model.constants(4, 6, rng).values, [9, 4]) as Tensor2D;
      const run = { neuron: model.kernel, repeat: 3, mean: true } as const;
      const currents = normals(rng, [2, 1, 4], 0.3) as Tensor3D;
      const loss = (c: Tensor) => tf.sum(runNeuron(c as Tensor3D, constants, run));
      const gradient = tf.grads(loss)([currents])[0]!.dataSync();
      const values = currents.dataSync();
      values.forEach((x, i) => {
        const at = (d: number) => {
          const moved = Float32Array.from(values);
          moved[i] = x + d;
          return loss(place(moved, [2, 1, 4])).dataSync()[0]!;
        };
        const step = 0.003;
        const slope = (at(step) - at(-step)) / (2 * step);
        expect(Math.abs(slope - gradient[i]!)).toBeLessThan(0.02 * Math.max(0.01, Math.abs(slope)));
      });
    });
  });

  it("a run in two halves, the state carried over, equals one run", () => {
    for (const id of ["lif", "alif", "s-lif2hh", "hh"]) {
      const model = makeNeuron(id);
      withoutLeaks((rng) => {
        const { rows, values } = model.constants(8, 6, rng);
        const constants = place(values, [rows, 8]) as Tensor2D;
        const run = { neuron: model.kernel, repeat: 1, mean: false };
        const first = normals(rng, [3, 2, 8 * model.inputsPerUnit], 1) as Tensor3D;
        const second = normals(rng, [3, 2, 8 * model.inputsPerUnit], 1) as Tensor3D;
        const whole = traceNeuron(tf.concat([first, second], 0) as Tensor3D, constants, run);
        const begin = traceNeuron(first, constants, run);
        const carried = tf.squeeze(tf.slice(begin.states, [2, 0, 0, 0], [1, -1, -1, -1]), [0]) as Tensor3D;
        const end = traceNeuron(second, constants, run, carried);
        const expected = tf.slice(whole.states, [3, 0, 0, 0], [3, -1, -1, -1]);
        // `hh` keeps what its voltage loses to rounding within a run only.
        const error = relativeNormError(end.states.dataSync(), expected.dataSync());
        expect(error).toBeLessThanOrEqual(id === "hh" ? 1e-6 : 0);
      });
    }
  });

  it("tv-lif2hh: the membrane F + u4 of its compartments is that of the Hodgkin-Huxley neuron beside it", () => {
    const model = makeNeuron("tv-lif2hh", { tickMs: 1, substeps: 20, gain: 8, offset: 8 });
    withoutLeaks((rng) => {
      const constants = place(model.constants(5, 30, rng).values, [9, 5]) as Tensor2D;
      let state = model.rest(2, 5);
      let spikes = 0;
      for (let t = 0; t < 30; t++) {
        const next = model.step(constants, state, normals(rng, [2, 5]) as Tensor2D, t, 30);
        state = next.state;
        spikes += tf.sum(next.output).dataSync()[0]!;
        const difference = tf.max(tf.abs(tf.sub(tf.add(state.f!, state.u4!), state.v!))).dataSync()[0]!;
        expect(difference).toBeLessThan(0.005);
      }
      expect(spikes).toBeGreaterThan(5);
    });
  });

  it("two runs from one seed give the same bits", () => {
    const once = () => {
      const rng = new Rng("bits");
      const model = makeNeuron("hh");
      return tf.tidy(() => {
        const currents = normals(rng, [5, 4, 16], 2) as Tensor3D;
        const constants = place(model.constants(16, 15, rng).values, [9, 16]) as Tensor2D;
        return Array.from(
          traceNeuron(currents, constants, {
            neuron: model.kernel,
            repeat: 3,
            mean: false,
          }).states.dataSync(),
        );
      });
    };
    expect(once()).toEqual(once());
  });
});
