import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Rng } from "../../core/rng.ts";
import { convolve } from "../../kernels/convolution.ts";
import { place, useKernels } from "../../kernels/load.ts";
import { makeEncoder } from "../../neurons/encoders/index.ts";
import { makeNeuron, neurons } from "../../neurons/index.ts";
import { sizeOf } from "../../neurons/layers/input-shape.ts";
import type { Layer } from "../../neurons/layers/layer.ts";
import { Network, type NetworkPlan, type NetworkTensors } from "../../neurons/network.ts";
import { makeReadout } from "../../neurons/readouts/index.ts";
import { trainedConstantsOf } from "../../neurons/trained-constants.ts";
import { normals, relativeError, withoutLeaks } from "../kernels/tensors-for-tests.ts";

beforeAll(async () => {
  await useKernels();
});

const model = makeNeuron("lif", { decay: 0.6, threshold: 0.3 });

function plan(changes: Partial<NetworkPlan> = {}): NetworkPlan {
  return {
    encoder: makeEncoder("direct", { ticks: 6 }),
    observationShape: [5],
    layers: [
      { name: "hidden", kind: "dense", parameters: { units: 8 }, model },
      { name: "second", kind: "dense", parameters: { units: 6 }, model },
    ],
    readout: makeReadout("rate"),
    ...changes,
  };
}

function fresh(network: Network, rng: Rng): NetworkTensors {
  const flat = network.initialise(rng.split("parameters"));
  return {
    parameters: network.split(flat).map((part) => place(part) as Tensor1D),
    constants: network
      .constants(rng.split("constants"))
      .map(({ rows, values }) => place(values, [rows, values.length / rows]) as Tensor2D),
  };
}

/** A layer's outputs by its definition: currents worked out in plain ops, the model's `step` tick by tick. */
function define(
  layer: Layer,
  inputs: Tensor3D,
  repeat: number,
  { parameters, constants }: { parameters: Tensor1D; constants: Tensor2D },
): Tensor3D {
  const { model } = layer;
  const [steps, batch] = inputs.shape;
  const ticks = steps * repeat;
  const array = (name: string) => {
    const slot = layer.layout.slots.find((s) => s.name === name)!;
    return tf.reshape(tf.slice(parameters, [slot.offset], [slot.size]), [...slot.shape]);
  };
  const shown = tf.unstack(inputs) as Tensor2D[];
  const project = (x: Tensor2D): Tensor2D => {
    if (layer.kind !== "convolution") return tf.add(tf.matMul(x, array("weight") as Tensor2D), array("bias"));
    const [height, width, inChannels] = layer.inputShape.slice(-3) as [number, number, number];
    const groups = model.inputsPerUnit;
    const outChannels = layer.units / height / width;
    const inputPlanes = layer.inputShape.length === 3 ? 1 : groups + 1;
    return convolve(x, parameters, { height, width, inChannels, outChannels, groups, inputPlanes });
  };
  const values = trainedConstantsOf(model, layer.layout, parameters, constants, ticks);
  let state = model.rest(batch, layer.units);
  const outputs: Tensor2D[] = [];
  for (let t = 0; t < ticks; t++) {
    let current = project(shown[Math.floor(t / repeat)]!);
    if (layer.kind === "recurrent" && t > 0) {
      current = tf.add(current, tf.matMul(outputs[t - 1]!, array("recurrent") as Tensor2D));
    }
    const next = model.step(values, state, current, t, ticks);
    state = next.state;
    outputs.push(next.output);
  }
  const all = tf.stack(outputs) as Tensor3D;
  if (layer.outputShape.length < 3) return all;
  const [height, width, channels] = layer.outputShape.slice(-3) as [number, number, number];
  const blocks = tf.reshape(all, [ticks * batch * model.outputsPerUnit * height, 2, width, 2, channels]);
  return tf.reshape(tf.mean(tf.mean(blocks, 3), 1), [ticks, batch, -1]);
}

const kinds: [string, Partial<NetworkPlan>][] = [
  ["two dense layers", {}],
  [
    "convolutions and a dense layer",
    {
      observationShape: [8, 4, 2],
      layers: [
        { name: "edges", kind: "convolution", parameters: { channels: 5 }, model },
        {
          name: "shapes",
          kind: "convolution",
          parameters: { channels: 3, constantsPer: "column" },
          model: makeNeuron("hh-published"),
        },
        { name: "top", kind: "dense", parameters: { units: 7 }, model },
      ],
    },
  ],
  [
    "convolutions of neurons with several inputs and trained constants",
    {
      observationShape: [8, 4, 1],
      layers: [
        {
          name: "edges",
          kind: "convolution",
          parameters: { channels: 2 },
          model: makeNeuron("s-lif2hh", { threshold: 0.4 }),
        },
        {
          name: "shapes",
          kind: "convolution",
          parameters: { channels: 3 },
          model: makeNeuron("s-lif2hh", { threshold: 0.4 }),
        },
        {
          name: "top",
          kind: "dense",
          parameters: { units: 5 },
          model: makeNeuron("s-lif2hh", { threshold: 0.4 }),
        },
      ],
    },
  ],
  [
    "recurrent layers of other neurons",
    {
      layers: [
        {
          name: "loop",
          kind: "recurrent",
          parameters: { units: 5, initial: { gain: 2 } },
          model: makeNeuron("s-lif2hh", { threshold: 0.4 }),
        },
        {
          name: "filter",
          kind: "recurrent",
          parameters: { units: 4, initial: { gain: 3 } },
          model: makeNeuron("hh-published", { threshold: 1 }),
        },
      ],
    },
  ],
  [
    "a recurrent layer",
    {
      layers: [
        { name: "loop", kind: "recurrent", parameters: { units: 9, initial: { gain: 2 } }, model },
        { name: "top", kind: "dense", parameters: { units: 4 }, model },
      ],
    },
  ],
];

describe.each(kinds)("a network of %s", (_name, changes) => {
  it("equals its definition, and so do its gradients", () => {
    const network = new Network(plan(changes));
    withoutLeaks((rng) => {
      const { parameters, constants } = fresh(network, rng);
      const x = normals(rng, [1, 3, network.observationSize], 2) as Tensor3D;
      const weights = normals(rng, [3, network.outputSize]);
      const fused = (p: readonly Tensor[]) =>
        network.forward(x, { parameters: p as readonly Tensor1D[], constants });
      const defined = (p: readonly Tensor[]) => {
        let [inputs, repeat] = [x, network.encoder.repeat];
        network.layers.forEach((layer, i) => {
          inputs = define(layer, inputs, repeat, { parameters: p[i] as Tensor1D, constants: constants[i]! });
          repeat = 1;
        });
        return tf.mean(inputs, 0);
      };
      const rates = fused(parameters);
      expect(relativeError(rates, defined(parameters))).toBeLessThan(1e-6);
      // Neither silent nor saturated, or the comparison says nothing.
      expect(tf.mean(rates).dataSync()[0]!).toBeGreaterThan(0.02);
      expect(tf.mean(rates).dataSync()[0]!).toBeLessThan(0.98);
      const slopes = (f: (p: readonly Tensor[]) => Tensor) =>
        tf.grads((...p: Tensor[]) => tf.sum(tf.mul(weights, f(p))))([...parameters]);
      const [got, expected] = [slopes(fused), slopes(defined)];
      got.forEach((slope, i) => {
        expect(relativeError(slope, expected[i]!)).toBeLessThan(1e-4);
      });
    });
  });

  it("goes on where an earlier run ended: two runs are one, and so are their gradients", () => {
    const network = new Network(plan({ ...changes, encoder: makeEncoder("direct", { ticks: 3 }) }));
    withoutLeaks((rng) => {
      const { parameters, constants } = fresh(network, rng);
      network.layers.forEach((layer, i) => {
        // The filter's constants say which tick of a decision it is: a second run is not a longer first one.
        if (layer.model.kernel.kernel === "filter") return;
        const x = normals(rng, [6, 2, sizeOf(layer.inputShape)], 2) as Tensor3D;
        const [early, late] = tf.split(x, 2, 0) as [Tensor3D, Tensor3D];
        const tensors = (p: Tensor) => ({ parameters: p as Tensor1D, constants: constants[i]! });
        const whole = (p: Tensor) => layer.outputs(x, 1, tensors(p));
        const halves = (p: Tensor) => {
          const first = layer.outputsCarry(early, 1, tensors(p), layer.rest(2));
          const second = layer.outputsCarry(late, 1, tensors(p), first.after);
          return tf.concat([first.outputs, second.outputs], 0);
        };
        expect(relativeError(halves(parameters[i]!), whole(parameters[i]!))).toBeLessThan(1e-6);
        // Only what comes out at the end counts, so that its gradient has to come through what is carried.
        const slope = (run: (p: Tensor) => Tensor) =>
          tf.grads((p: Tensor) => tf.sum(tf.split(run(p), 2, 0)[1]!))([parameters[i]!])[0]!;
        expect(relativeError(slope(halves), slope(whole))).toBeLessThan(1e-4);
      });
    });
  });

  it("shows in its trace what it computes", () => {
    const network = new Network(plan(changes));
    withoutLeaks((rng) => {
      const tensors = fresh(network, rng);
      const x = normals(rng, [1, 2, network.observationSize], 2) as Tensor3D;
      const traces = network.trace(x, tensors);
      const rates = tf.mean(traces.at(-1)!.output, 0);
      expect(relativeError(rates, network.forward(x, tensors))).toBeLessThan(1e-6);
      traces.forEach((trace, i) => {
        const layer = network.layers[i]!;
        expect(trace.spikes.shape).toEqual([6, 2, layer.model.outputsPerUnit * layer.units]);
        expect(trace.states.shape).toEqual([6, layer.model.states.length, 2, layer.units]);
        expect(trace.currents.shape[2]).toBe(layer.model.inputsPerUnit * layer.units);
      });
    });
  });

  it("starts alike from one seed, and its flat parameters are its parts one after another", () => {
    const network = new Network(plan(changes));
    withoutLeaks((rng) => {
      const flat = network.initialise(rng.split("a"));
      expect(network.initialise(rng.split("a"))).toEqual(flat);
      expect(network.initialise(rng.split("b"))).not.toEqual(flat);
      const parts = network.split(flat);
      network.parts.forEach(({ name, layout }, i) => {
        for (const slot of layout.slots) {
          const whole = network.layout.view(flat, `${name}/${slot.name}`);
          expect(whole).toEqual(layout.view(parts[i]!, slot.name));
        }
      });
      expect(network.parameterCount).toBe(network.parts.reduce((n, { layout }) => n + layout.count, 0));
    });
  });
});

describe("networks", () => {
  it.each(neurons.ids)("run %s neurons in every kind of layer", (id) => {
    const own = makeNeuron(id);
    const network = new Network({
      ...plan(),
      observationShape: [4, 4, 1],
      layers: [
        { name: "image", kind: "convolution", parameters: { channels: 2 }, model: own },
        { name: "loop", kind: "recurrent", parameters: { units: 5 }, model: own },
        { name: "top", kind: "dense", parameters: { units: 4 }, model: own },
      ],
    });
    withoutLeaks((rng) => {
      const { parameters, constants } = fresh(network, rng);
      const x = normals(rng, [1, 2, 16], 2) as Tensor3D;
      const loss = (...p: Tensor[]) => tf.sum(network.forward(x, { parameters: p as Tensor1D[], constants }));
      const slopes = tf.grads(loss)([...parameters]);
      slopes.forEach((slope, i) => {
        expect(slope.shape).toEqual(parameters[i]!.shape);
        expect(slope.dataSync().every(Number.isFinite)).toBe(true);
      });
    });
  });

  it("membranes read out equal those of the trace, and train the layer below", () => {
    const network = new Network(plan({ readout: makeReadout("last-membrane") }));
    withoutLeaks((rng) => {
      const { parameters, constants } = fresh(network, rng);
      const x = normals(rng, [1, 2, 5], 2) as Tensor3D;
      const read = network.forward(x, { parameters, constants });
      const states = network.trace(x, { parameters, constants })[1]!.states;
      const last = tf.reshape(tf.slice(states, [5, 0, 0, 0], [1, 1, 2, 6]), [2, 6]);
      expect(relativeError(read, last)).toBeLessThan(1e-6);
      const slope = tf.grads((p: Tensor) =>
        tf.sum(network.forward(x, { parameters: [p as Tensor1D, parameters[1]!], constants })),
      )([parameters[0]!])[0]!;
      expect(tf.sum(tf.abs(slope)).dataSync()[0]!).toBeGreaterThan(0);
    });
  });

  it("two layers can share one set of trained constants, which both then train", () => {
    const shared = makeNeuron("s-lif2hh", { threshold: 0.4 });
    const network = new Network(
      plan({
        layers: [
          { name: "first", kind: "dense", parameters: { units: 6 }, model: shared },
          {
            name: "second",
            kind: "dense",
            parameters: { units: 6 },
            model: shared,
            sharesConstantsOf: "first",
          },
        ],
      }),
    );
    const names = network.layout.slots.map(({ name }) => name).filter((name) => name.includes("neuron/"));
    expect(names).toEqual(["first/neuron/w1", "first/neuron/w2", "first/neuron/w3", "first/neuron/b"]);
    withoutLeaks((rng) => {
      const [first, second] = network.constants(rng.split("constants"));
      // Decay, threshold, then the weights onto the fourth compartment.
      for (let row = 2; row < 6; row++) expect(second!.values[row * 6]).toBe(first!.values[row * 6]);
      const { parameters, constants } = fresh(network, rng);
      const x = normals(rng, [1, 2, 5], 2) as Tensor3D;
      const rates = (p: Tensor1D) => network.forward(x, { parameters: [p, parameters[1]!], constants });
      const moved = parameters[0]!.dataSync().slice() as Float32Array;
      const at = network.parts[0]!.layout.slots.find(({ name }) => name === "neuron/b")!.offset;
      moved[at]! += 5;
      expect(rates(place(moved) as Tensor1D).dataSync()).not.toEqual(rates(parameters[0]!).dataSync());
    });
    expect(
      () =>
        new Network(plan({ layers: [{ name: "a", kind: "dense", model: shared, sharesConstantsOf: "b" }] })),
    ).toThrow('shares the constants of "b", which is no layer before it');
  });

  it("trains an encoder's fields with the rest", () => {
    const encoder = makeEncoder("population", { fields: 4, trained: true, ticks: 6 });
    const network = new Network(plan({ encoder }));
    expect(network.parts.map(({ name }) => name)).toEqual(["encoder", "hidden", "second"]);
    withoutLeaks((rng) => {
      const { parameters, constants } = fresh(network, rng);
      const x = normals(rng, [1, 3, 5], 0.5) as Tensor3D;
      const slope = tf.grads((p: Tensor) =>
        tf.sum(network.forward(x, { parameters: [p as Tensor1D, ...parameters.slice(1)], constants })),
      )([parameters[0]!])[0]!;
      expect(tf.sum(tf.abs(slope)).dataSync()[0]!).toBeGreaterThan(0);
    });
  });

  it("recording that is off costs nothing: one projection and one neuron kernel a layer, no tick kept", () => {
    const network = new Network(plan());
    withoutLeaks((rng) => {
      const tensors = fresh(network, rng);
      const x = normals(rng, [1, 2, 5], 2) as Tensor3D;
      const run = vi.spyOn(tf.engine(), "runKernel");
      try {
        network.forward(x, tensors);
        const kernels = run.mock.calls.map(([name]) => name).filter((name) => name !== "Reshape");
        expect(kernels).toEqual(["SpikegymMlp", "SpikegymNeuron", "SpikegymMlp", "SpikegymNeuron"]);
        run.mockClear();
        network.trace(x, tensors);
        expect(run.mock.calls.map(([name]) => name)).toContain("SpikegymNeuronTrace");
      } finally {
        run.mockRestore();
      }
    });
  });

  it("what does not fit is refused with the layer's name", () => {
    const network = new Network(plan());
    tf.tidy(() => {
      const layer = network.layers[1]!;
      const tensors = { parameters: tf.zeros([56]) as Tensor1D, constants: tf.zeros([2, 6]) as Tensor2D };
      expect(() => layer.outputs(tf.zeros([6, 2, 9]), 1, tensors)).toThrow(
        'layer "second": inputs is [6, 2, 9], expected [inputs, batch, 8]; check layer "second"',
      );
    });
    const layersOf = (...layers: NetworkPlan["layers"]) => new Network(plan({ layers }));
    expect(() => layersOf({ name: "image", kind: "convolution", model })).toThrow(
      'layer "image": its input is [5], expected an image [height, width, channels]',
    );
    expect(() => layersOf({ name: "a", kind: "dense", model }, { name: "a", kind: "dense", model })).toThrow(
      'two parts are called "a"',
    );
    expect(() => layersOf({ name: "a", kind: "dense", parameters: { unit: 3 }, model })).toThrow(
      'layer "a" (dense): unknown key "unit"; did you mean "units"?',
    );
    expect(() => layersOf({ name: "a", kind: "dens", model })).toThrow('did you mean "dense"?');
  });
});
