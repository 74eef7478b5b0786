import type { Tensor1D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { useKernels } from "../../kernels/load.ts";
import type { ConstantSetting } from "../../neurons/constant.ts";
import { makeNeuron, neurons, registerNeuron } from "../../neurons/index.ts";
import { makeLayer } from "../../neurons/layers/index.ts";
import { defineNeuron } from "../../neurons/neuron-model.ts";
import { stepNeuron } from "../../neurons/step-neuron.ts";

beforeAll(async () => {
  await useKernels();
});

const surrogate = { shape: "rectangle", width: 0.4, height: 1 } as const;
const decay: ConstantSetting = { train: "neuron", start: 0.6 };

/** The catalogue's `lif`, written down again without a kernel. */
const lif = () =>
  stepNeuron({
    id: "own-lif",
    surrogate,
    threshold: 0.2,
    constants: {
      decay: { setting: decay, range: "share" },
      threshold: { setting: 0.2, range: "positive" },
    },
    state: { v: { unit: "", role: "membrane" } },
    step({ v }, current, { decay: d, threshold }, spike) {
      const last = spike(tf.sub(v, threshold));
      const next = tf.add(tf.mul(tf.mul(d, v), tf.sub(1, last)), current);
      return { output: spike(tf.sub(next, threshold)), state: { v: next } };
    },
  });

describe("a neuron without a kernel", () => {
  const models = () => [makeNeuron("lif", { decay, threshold: 0.2, surrogate }), lif()];

  it.each(["dense", "recurrent"])(
    "in a %s layer computes what the compiled one computes, gradients too",
    (kind) => {
      const [compiled, defined] = models().map((model) =>
        tf.tidy(() => {
          const layer = makeLayer(kind, { units: 7 }, { name: "hidden", inputShape: [3], model });
          const rng = new Rng("layer");
          const { rows, values } = layer.constants(6, rng.split("constants"));
          const constants = tf.tensor2d(values, [rows, 7]);
          const parameters = tf.tensor1d(layer.initialise(rng.split("weights")));
          const inputs = tf.mul(
            tf.ones([2, 4, 3]),
            tf.reshape(tf.tensor1d([1, -1, 2, 0.5]), [1, 4, 1]),
          ) as Tensor3D;
          const mean = (p: tf.Tensor) => layer.mean(inputs, 3, { parameters: p as Tensor1D, constants });
          const [gradient] = tf.grads((p: tf.Tensor) => tf.sum(tf.square(mean(p))))([parameters]);
          const { spikes, states } = layer.trace(inputs, 3, { parameters, constants });
          return [mean(parameters), spikes, states, gradient!].map((x) => Array.from(x.dataSync()));
        }),
      ) as [number[][], number[][]];
      expect(compiled[1]!.some((s) => s === 1)).toBe(true);
      compiled.forEach((values, i) => {
        expect(defined[i]).toHaveLength(values.length);
        values.forEach((x, k) => {
          expect(defined[i]![k]).toBeCloseTo(x, 4);
        });
      });
    },
  );

  it("a step that returns another shape is refused with the neuron and the shapes", () => {
    const broken = stepNeuron({
      id: "broken",
      surrogate,
      threshold: 1,
      constants: { decay: { setting: 0.5, range: "share" } },
      state: { v: { unit: "", role: "membrane" } },
      step: ({ v }, current) => ({ output: tf.sum(current), state: { v } }),
    });
    expect(() =>
      tf.tidy(() => broken.step(tf.zeros([1, 2]), broken.rest(3, 2), tf.zeros([3, 2]), 0, 1)),
    ).toThrow(/neuron "broken": its step's output.*expected \[batch=3, units=2\]/);
  });

  it("a membrane that runs away to NaN is a DivergenceError that names the layer", () => {
    const wild = stepNeuron({
      id: "wild",
      surrogate,
      threshold: 1,
      constants: { gain: { setting: 1, range: "positive" } },
      state: { v: { unit: "", role: "membrane" } },
      step: ({ v }, current, _, spike) => {
        const next = tf.sub(tf.exp(tf.add(v, current)), tf.exp(tf.mul(2, v)));
        return { output: spike(next), state: { v: next } };
      },
    });
    const layer = makeLayer("dense", { units: 2 }, { name: "hidden", inputShape: [1], model: wild });
    expect(() =>
      tf.tidy(() =>
        layer.mean(tf.fill([1, 1, 1], 50) as Tensor3D, 40, {
          parameters: tf.fill([layer.layout.length], 50) as Tensor1D,
          constants: tf.ones([1, 2]),
        }),
      ),
    ).toThrow(/layer "hidden": a state is not a number/);
  });
});

describe("registerNeuron", () => {
  it("makes a program's own neuron by its id, and refuses an id that is taken", () => {
    const definition = defineNeuron({
      id: "test-own-lif",
      summary: "a test's",
      references: [],
      parameters: neurons.get("ann").parameters,
      create: lif,
    });
    registerNeuron(definition);
    registerNeuron(definition);
    expect(makeNeuron("test-own-lif").states).toEqual(["v"]);
    expect(() => registerNeuron({ ...definition, id: "lif" })).toThrow(/neuron "lif".*already/);
  });
});
