import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Agent } from "../../agents/algorithm.ts";
import type { SpikingActor } from "../../agents/spiking-actor.ts";
import { UsageError } from "../../core/errors.ts";
import { storage } from "../../kernels/load.ts";
import type { Layer } from "../../neurons/layers/layer.ts";
import { trainedConstantsOf } from "../../neurons/trained-constants.ts";
import { sideBySide } from "../observation-window.ts";
import type { ExportCheck, ExportFormat } from "./format.ts";
import { encodeNir, type LifLayer, NIR_STEP_S, readNir } from "./nir-model.ts";

/**
 * NIR: the spiking layers (their projections and LIF neurons) for neuromorphic tools. The encoder and the ReLU heads are no
 * NIR nodes; they are named among what is left out, and safetensors or onnx hold them.
 */
export const nir: ExportFormat = {
  id: "nir",
  summary: "the spiking layers of a LIF policy, for neuromorphic tools and chips",
  references: [
    "Pedersen et al., Neuromorphic intermediate representation, Nature Communications 15, 8122 (2024)",
  ],
  async write({ agent }, _batch, observations) {
    const { actor } = agent;
    const bytes = await encodeNir(lifLayersOf(actor));
    const { encoder } = actor.shape;
    return {
      files: [{ ending: ".nir", bytes }],
      checks: [await checkSpikes(agent, bytes, observations)],
      leftOut: [
        `the encoder: show each of the ${encoder.ticks / encoder.repeat} inputs for ${encoder.repeat} steps of ${NIR_STEP_S} s${encoder.trained === undefined ? "" : "; its trained arrays are in safetensors, its arithmetic in onnx"}`,
        "the ReLU heads on the mean spike rates: NIR has no such node; export to safetensors or onnx for them",
        ...(actor.normalisation === undefined
          ? []
          : ["the normalisation of observations: safetensors has its mean and scale"]),
      ],
    };
  },
};

/** The layers before the population and the population, as NIR can say them. */
function lifLayersOf({ front, layer, evaluated, constants, shape }: SpikingActor): LifLayer[] {
  const trained = shape.encoder.trained === undefined ? 0 : 1;
  return [
    ...front.layers.map((one, i) => {
      if (one.kind === "dense") {
        const names = { weight: "weight", bias: "bias" };
        return lifLayerOf(one, names, layer.ticks, evaluated.front[trained + i]!, front.constants[i]!);
      }
      throw new UsageError(
        `export to nir: layer "${one.name}" is of kind "${one.kind}", and only dense layers are written as NIR; export to onnx or safetensors instead`,
      );
    }),
    lifLayerOf(
      { name: "population", layout: layer.layout, model: layer.model, units: layer.units },
      { weight: "0/0/weight", bias: "0/0/bias" },
      layer.ticks,
      evaluated.body,
      constants,
    ),
  ];
}

/** One of them; `names` of its arrays. */
function lifLayerOf(
  { name, model, layout, units }: Pick<Layer, "name" | "model" | "layout" | "units">,
  names: { readonly weight: string; readonly bias: string },
  ticks: number,
  parameters: Tensor1D,
  fixed: Tensor2D,
): LifLayer {
  const { kernel } = model;
  if (kernel.kernel !== "lif") {
    throw new UsageError(
      `export to nir: the neuron of layer "${name}" is "${model.id}", and NIR has nodes for leaky integrate-and-fire neurons only; export to onnx (the whole policy) or safetensors (its arrays) instead`,
    );
  }
  if (kernel.reset !== "hard" || kernel.refractory > 0) {
    throw new UsageError(
      `export to nir: its LIF resets to a fixed value and has no refractory time, that of layer "${name}" has reset "${kernel.reset}" and ${kernel.refractory} refractory ticks; export to onnx or safetensors instead`,
    );
  }
  return tf.tidy(() => {
    const flat = storage(parameters).slice();
    const constants = storage(trainedConstantsOf(model, layout, parameters, fixed, ticks)).slice();
    const weight = layout.view(flat, names.weight).slice();
    return {
      name,
      inputs: weight.length / units,
      units,
      weight,
      bias: layout.view(flat, names.bias).slice(),
      decay: constants.slice(0, units),
      threshold: constants.slice(units, 2 * units),
    };
  });
}

/** The file, read back and run as NIR's readers run it, against this project's kernel: spike by spike. */
async function checkSpikes(
  { actor }: Agent,
  bytes: Uint8Array,
  observations: readonly Float32Array[],
): Promise<ExportCheck> {
  const { layer, shape } = actor;
  const { encoder, observationSize } = shape;
  const chain = await readNir(bytes);
  const { ticks, units } = layer;
  const size = encoder.inputSize(observationSize);
  let compared = 0;
  let different = 0;
  for (const [index] of observations.entries()) {
    const { inputs, expected } = tf.tidy(() => {
      const window = actor.place(sideBySide(observations, index, 1, encoder.window, observationSize), 1);
      const trained = encoder.trained === undefined ? {} : { parameters: actor.evaluated.front[0]! };
      const shown = actor.front.show(window, actor.evaluated.front).inputs;
      const spikes = layer.spikes(shown, actor.evaluated.body, actor.constants);
      return {
        inputs: storage(encoder.encode(window, trained)).slice(),
        expected: storage(spikes).slice(),
      };
    });
    const membranes = chain.map(({ units }) => new Float32Array(units));
    for (let t = 0; t < ticks; t++) {
      const from = Math.floor(t / encoder.repeat) * size;
      const spikes = chain.reduce<Float32Array>(
        (x, lif, i) => lif.step(x, membranes[i]!),
        inputs.subarray(from, from + size),
      );
      for (let u = 0; u < units; u++) {
        compared++;
        if (spikes[u] !== expected[t * units + u]) different++;
      }
    }
  }
  return {
    id: "spikes",
    ok: different === 0,
    note: `${observations.length} observations, forward Euler at ${NIR_STEP_S} s: ${different} of ${compared} neuron-ticks differ`,
  };
}
