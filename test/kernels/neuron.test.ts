import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { place, useKernels } from "../../kernels/load.ts";
import { runNeuron, surrogateShapes, traceNeuron } from "../../kernels/neuron.ts";
import { makeNeuron } from "../../neurons/index.ts";
import type { NeuronModel, NeuronState } from "../../neurons/neuron-model.ts";
import { normals, relativeError, withoutLeaks } from "./tensors-for-tests.ts";

beforeAll(async () => {
  await useKernels();
});

/** The definition, scanned: every tick's output and voltage. */
function scan(model: NeuronModel, constants: Tensor2D, currents: Tensor3D, repeat: number) {
  const [inputs, batch, units] = currents.shape;
  const ticks = inputs * repeat;
  let state: NeuronState = model.rest(batch, units);
  const outputs: Tensor2D[] = [];
  const membranes: Tensor2D[] = [];
  for (let t = 0; t < ticks; t++) {
    const current = tf.squeeze(
      tf.slice(currents, [Math.floor(t / repeat), 0, 0], [1, -1, -1]),
      [0],
    ) as Tensor2D;
    const next = model.step(constants, state, current, t, ticks);
    outputs.push(next.output);
    state = next.state;
    membranes.push(state.v ?? (tf.relu(current) as Tensor2D));
  }
  return { output: tf.stack(outputs) as Tensor3D, membrane: tf.stack(membranes) as Tensor3D };
}

// Scale of the input currents: enough to spike now and then.
const cases: [string, Record<string, unknown>, number][] = [
  ["lif", { threshold: 0.3, decay: 0.6 }, 0.5],
  ["lif", { surrogate: { shape: "sigmoid", width: 0.3, height: 1 } }, 0.5],
  ["ann", {}, 1],
  ["hh-published", {}, 3],
  ["hh", { tickMs: 1, substeps: 2 }, 2],
  ["hh", { tickMs: 2, substeps: 4, detachGates: true }, 2],
  ["hh", { tickMs: 1.5, substeps: 3, smoothMv: 10, thresholdMv: -40 }, 2],
];

const shapes = fc.record({
  inputs: fc.integer({ min: 1, max: 4 }),
  repeat: fc.integer({ min: 1, max: 3 }),
  batch: fc.integer({ min: 1, max: 5 }),
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

  it.each(cases)("%s %o equals its definition: spikes, membrane, gradient", (id, parameters, scale) => {
    const model = makeNeuron(id, parameters);
    // Only `hh` rounds differently from its definition (its own exp), and a spike's upstroke magnifies it to some
    // microvolts; the others must agree to the bit.
    const exact = id !== "hh";
    fc.assert(
      fc.property(shapes, ({ inputs, repeat, batch, units, seed }) => {
        withoutLeaks((rng) => {
          const ticks = inputs * repeat;
          const { rows, values } = model.constants(units, ticks, rng.split("constants"));
          const constants = place(values, [rows, units]) as Tensor2D;
          const currents = normals(rng, [inputs, batch, units], scale) as Tensor3D;
          const run = { neuron: model.kernel, repeat, mean: false };
          const truth = scan(model, constants, currents, repeat);
          const { output, states } = traceNeuron(currents, constants, run);
          const membrane = tf.squeeze(tf.slice(states, [0, 0, 0, 0], [-1, 1, -1, -1]), [1]);
          if (id !== "hh-published") {
            expect(relativeError(membrane, truth.membrane)).toBeLessThanOrEqual(exact ? 0 : 5e-5);
          } else {
            // The filter form reorders the sums of the definition.
            expect(relativeError(membrane, truth.membrane)).toBeLessThan(1e-5);
          }
          if (model.kernel.kernel === "hh" && model.kernel.smoothMv > 0) {
            expect(relativeError(output, truth.output)).toBeLessThan(1e-4);
          } else {
            expect(Array.from(output.dataSync())).toEqual(Array.from(truth.output.dataSync()));
          }

          const weights = normals(rng, [ticks, batch, units]);
          const [fused] = tf.grads((c: Tensor) =>
            tf.sum(tf.mul(weights, runNeuron(c as Tensor3D, constants, run) as Tensor3D)),
          )([currents]);
          const [defined] = tf.grads((c: Tensor) =>
            tf.sum(tf.mul(weights, scan(model, constants, c as Tensor3D, repeat).output)),
          )([currents]);
          // The full gradient grows on a spike's upstroke, and the rounding of both forms with it.
          const grows = model.kernel.kernel === "hh" && !model.kernel.detachGates;
          expect(relativeError(fused!, defined!)).toBeLessThan(grows ? 5e-4 : 1e-4);

          const mean = runNeuron(currents, constants, { ...run, mean: true });
          expect(relativeError(mean, tf.mean(output, 0))).toBeLessThan(1e-6);
          const onMean = normals(rng, [batch, units]);
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
    const model = makeNeuron("hh", { tickMs: 1, substeps: 2, smoothMv: 15, thresholdMv: -45 });
    withoutLeaks((rng) => {
      const constants = place(new Float32Array(4), [1, 4]) as Tensor2D;
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
    for (const id of ["lif", "hh"]) {
      const model = makeNeuron(id);
      withoutLeaks((rng) => {
        const { rows, values } = model.constants(8, 6, rng);
        const constants = place(values, [rows, 8]) as Tensor2D;
        const run = { neuron: model.kernel, repeat: 1, mean: false };
        const first = normals(rng, [3, 2, 8], 1) as Tensor3D;
        const second = normals(rng, [3, 2, 8], 1) as Tensor3D;
        const whole = traceNeuron(tf.concat([first, second], 0) as Tensor3D, constants, run);
        const begin = traceNeuron(first, constants, run);
        const carried = tf.squeeze(tf.slice(begin.states, [2, 0, 0, 0], [1, -1, -1, -1]), [0]) as Tensor3D;
        const end = traceNeuron(second, constants, run, carried);
        const expected = tf.slice(whole.states, [3, 0, 0, 0], [3, -1, -1, -1]);
        expect(Array.from(end.states.dataSync())).toEqual(Array.from(expected.dataSync()));
      });
    }
  });

  it("two runs from one seed give the same bits", () => {
    const once = () => {
      const rng = new Rng("bits");
      const model = makeNeuron("hh");
      return tf.tidy(() => {
        const currents = normals(rng, [5, 4, 16], 2) as Tensor3D;
        const constants = place(new Float32Array(16), [1, 16]) as Tensor2D;
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
