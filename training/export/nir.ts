import * as tf from "@tensorflow/tfjs-core";
import type { Agent } from "../../agents/algorithm.ts";
import { UsageError } from "../../core/errors.ts";
import { storage } from "../../kernels/load.ts";
import { trainedConstantsOf } from "../../neurons/trained-constants.ts";
import type { ExportCheck, ExportFormat } from "./format.ts";
import { encodeNir, type LifLayer, NIR_STEP_S, readNir } from "./nir-model.ts";
import { sideBySide } from "./onnx.ts";

/**
 * NIR: the population (its projection and its LIF neurons) for neuromorphic tools. The encoder and the ReLU heads are no
 * NIR nodes; they are named among what is left out, and safetensors or onnx hold them.
 */
export const nir: ExportFormat = {
  id: "nir",
  summary: "the spiking population of a LIF policy, for neuromorphic tools and chips",
  references: [
    "Pedersen et al., Neuromorphic intermediate representation, Nature Communications 15, 8122 (2024)",
  ],
  async write({ agent }, _batch, observations) {
    const layer = lifLayerOf(agent);
    const bytes = await encodeNir([layer]);
    const { encoder } = agent.actor.shape;
    return {
      files: [{ ending: ".nir", bytes }],
      checks: [await checkSpikes(agent, bytes, observations)],
      leftOut: [
        `the encoder: show each of the ${encoder.ticks / encoder.repeat} inputs for ${encoder.repeat} steps of ${NIR_STEP_S} s`,
        "the ReLU heads on the mean spike rates: NIR has no such node; export to safetensors or onnx for them",
        ...(agent.actor.normalisation === undefined
          ? []
          : ["the normalisation of observations: safetensors has its mean and scale"]),
      ],
    };
  },
};

/** The population as NIR can say it. */
function lifLayerOf({ actor }: Agent): LifLayer {
  const { layer } = actor;
  const { model, layout, units, inputSize, ticks } = layer;
  const { kernel } = model;
  if (kernel.kernel !== "lif") {
    throw new UsageError(
      `export to nir: the neuron is "${model.id}", and NIR has nodes for leaky integrate-and-fire neurons only; export to onnx (the whole policy) or safetensors (its arrays) instead`,
    );
  }
  if (kernel.reset !== "hard" || kernel.refractory > 0) {
    throw new UsageError(
      `export to nir: its LIF resets to a fixed value and has no refractory time, this one has reset "${kernel.reset}" and ${kernel.refractory} refractory ticks; export to onnx or safetensors instead`,
    );
  }
  return tf.tidy(() => {
    const flat = storage(actor.evaluated.body).slice();
    const applied = trainedConstantsOf(model, layout, actor.evaluated.body, actor.constants, ticks);
    const constants = storage(applied).slice();
    return {
      name: "population",
      inputs: inputSize,
      units,
      weight: layout.view(flat, "0/0/weight").slice(),
      bias: layout.view(flat, "0/0/bias").slice(),
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
  const [lif] = await readNir(bytes);
  const { ticks, repeat, units, inputSize } = layer;
  let compared = 0;
  let different = 0;
  for (const [index] of observations.entries()) {
    const { inputs, expected } = tf.tidy(() => {
      const windows = sideBySide(observations, index, 1, encoder.window, observationSize);
      const encoded = encoder.encode(actor.place(windows, 1));
      const spikes = layer.spikes(encoded, actor.evaluated.body, actor.constants);
      return { inputs: storage(encoded).slice(), expected: storage(spikes).slice() };
    });
    const membrane = new Float32Array(units);
    for (let t = 0; t < ticks; t++) {
      const from = Math.floor(t / repeat) * inputSize;
      const spikes = lif!.step(inputs.subarray(from, from + inputSize), membrane);
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
