import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { runLayer } from "../../kernels/layer.ts";
import { place, useKernels } from "../../kernels/load.ts";
import { project } from "../../kernels/mlp.ts";
import { mlpLayout } from "../../kernels/mlp-shape.ts";
import { runNeuronCarry } from "../../kernels/neuron.ts";
import type { CompiledNeuron } from "../../kernels/neuron-kernels.ts";
import { makeNeuron } from "../../neurons/index.ts";
import { normals, relativeNormError, withoutLeaks } from "./tensors-for-tests.ts";

beforeAll(async () => {
  await useKernels();
});

const cases: [string, Record<string, unknown>][] = [
  ["lif", {}],
  ["lif", { reset: "soft", decay: 0.7 }],
  ["s-lif2hh", {}],
  ["hh-published", { threshold: 1 }],
  ["hh", { tickMs: 1, substeps: 1 }],
];

const shapes = fc.record({
  inputs: fc.integer({ min: 1, max: 3 }),
  repeat: fc.integer({ min: 1, max: 3 }),
  batch: fc.integer({ min: 1, max: 30 }),
  size: fc.integer({ min: 1, max: 14 }),
  // Whole tiles of eight columns as often as others.
  units: fc.oneof(fc.integer({ min: 1, max: 11 }), fc.constantFrom(8, 16, 24)),
  mean: fc.boolean(),
  carry: fc.boolean(),
  from: fc.boolean(),
  seed: fc.integer(),
});

describe.each(["spikegym", "cpu"])("projection and neurons in one op on the %s backend", (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    return async () => {
      await tf.setBackend("spikegym");
    };
  });

  it.each(cases)("%s %o: equals the two ops, results and gradients", (id, parameters) => {
    const model = makeNeuron(id, parameters);
    fc.assert(
      fc.property(shapes, ({ inputs, repeat, batch, size, units, mean, carry, from, seed }) => {
        withoutLeaks((rng) => {
          const width = model.inputsPerUnit * units;
          const projection = { sizes: [size, width], members: 1 };
          const neuron = model.kernel as CompiledNeuron;
          // The parameters of somebody else may follow.
          const flat = normals(rng, [mlpLayout(projection).length + 5]) as Tensor1D;
          const { rows, values } = model.constants(units, inputs * repeat, rng.split("constants"));
          const constants = place(values, [rows, units]) as Tensor2D;
          const x = normals(rng, [inputs, batch, size]) as Tensor3D;
          const initial = normals(rng, [model.states.length, batch, units], 0.1) as Tensor3D;
          const run = { neuron, repeat, mean, trainsConstants: model.kernelConstants === undefined };

          const fused = (x: Tensor3D, p: Tensor1D, k: Tensor2D, initial: Tensor3D | undefined) =>
            runLayer(x, p, k, { ...run, size, width }, initial, carry);
          const apart = (x: Tensor3D, p: Tensor1D, k: Tensor2D, initial: Tensor3D | undefined) =>
            runNeuronCarry(project(x, p, projection), k, run, initial);

          const start = from ? initial : undefined;
          const one = fused(x, flat, constants, start);
          const two = apart(x, flat, constants, start);
          expect(Array.from(one.output.dataSync())).toEqual(Array.from(two.output.dataSync()));
          expect(one.state === undefined).toBe(!carry);
          if (one.state !== undefined) {
            expect(Array.from(one.state.dataSync())).toEqual(Array.from(two.state.dataSync()));
          }

          const onOutput = normals(rng, one.output.shape);
          const onState = normals(rng, two.state.shape);
          const gradients = (f: typeof fused | typeof apart) => {
            const loss = (x: Tensor, p: Tensor, k: Tensor, from?: Tensor) => {
              const result = f(x as Tensor3D, p as Tensor1D, k as Tensor2D, from as Tensor3D | undefined);
              const on = tf.sum(tf.mul(onOutput, result.output));
              return carry ? tf.add(on, tf.sum(tf.mul(onState, result.state!))) : on;
            };
            const given: Tensor[] = run.trainsConstants ? [x, flat, constants] : [x, flat];
            const k = run.trainsConstants ? [] : [constants];
            const all = from ? [...given, initial] : given;
            return tf.grads((...args: Tensor[]) => {
              const [a, b, ...rest] = args;
              const [c, d] = [...k, ...rest];
              return loss(a!, b!, c!, d);
            })(all);
          };
          const expected = gradients(apart);
          gradients(fused).forEach((gradient, i) => {
            expect(gradient.shape).toEqual(expected[i]!.shape);
            const error = relativeNormError(gradient.dataSync(), expected[i]!.dataSync());
            expect(error, `gradient ${i}`).toBeLessThan(1e-5);
          });
        }, `${id} ${seed}`);
      }),
      { numRuns: 20, seed: 3 },
    );
  });
});

it("names the layer whose inputs, parameters or constants do not fit", () => {
  const model = makeNeuron("lif");
  withoutLeaks((rng) => {
    const run = {
      neuron: model.kernel as CompiledNeuron,
      repeat: 1,
      mean: true,
      size: 3,
      width: 4,
      name: 'layer "first"',
    };
    const constants = place(model.constants(4, 2, rng).values, [2, 4]) as Tensor2D;
    const x = (size: number) => normals(rng, [2, 5, size]) as Tensor3D;
    const p = (length: number) => normals(rng, [length]) as Tensor1D;
    expect(() => runLayer(x(2), p(16), constants, run, undefined, false)).toThrow(/layer "first": x is/);
    expect(() => runLayer(x(3), p(12), constants, run, undefined, false)).toThrow(
      /layer "first": parameters is \[12\], expected \[16\], or more/,
    );
    const wide = { ...run, width: 8 };
    expect(() => runLayer(x(3), p(64), constants, wide, undefined, false)).toThrow(
      /layer "first": constants is \[2, 4\]/,
    );
  });
});
