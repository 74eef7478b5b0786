import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { SpikingActor } from "../../agents/spiking-actor.ts";
import { UsageError } from "../../core/errors.ts";
import { storage } from "../../kernels/load.ts";
import type { Layer } from "../../neurons/layers/layer.ts";
import { trainedConstantsOf } from "../../neurons/trained-constants.ts";

/** The numbers of what stands before a population, copied out of the kernels' memory. */
export interface FrontValues {
  /** Of a trained encoder. */
  readonly encoder: Float32Array | undefined;
  /** Of each layer, flat, as its layout says. */
  readonly layers: readonly Float32Array[];
  /** [rows, units] of each layer, flat. */
  readonly constants: readonly Float32Array[];
}

export function frontValuesOf({ shape, front, evaluated }: SpikingActor): FrontValues {
  const copy = (tensor: Tensor) => storage(tensor).slice();
  const all = evaluated.front.map(copy);
  const trained = shape.encoder.trained === undefined ? 0 : 1;
  return {
    encoder: trained === 0 ? undefined : all[0]!,
    layers: all.slice(trained),
    constants: front.constants.map(copy),
  };
}

/**
 * Encoder and layers before the population, written with their definitions: what the population is shown,
 * [inputs, batch, inputSize].
 *
 * @param window [window, batch, observation], normalised
 * @throws UsageError for a layer whose definition is not here
 */
export function frontDefinition(actor: SpikingActor, values: FrontValues, window: Tensor3D): Tensor3D {
  const { encoder } = actor.shape;
  let inputs = encoder.encode(
    window,
    values.encoder === undefined ? {} : { parameters: tf.tensor1d(values.encoder) },
  );
  let { repeat } = encoder;
  actor.front.layers.forEach((layer, i) => {
    inputs = layerDefinition(layer, values.layers[i]!, values.constants[i]!, inputs, repeat);
    repeat = 1;
  });
  return inputs;
}

/** The output of every tick, [ticks, batch, outputs]: `Layer.outputs` tick by tick with the neuron's own `step`. */
function layerDefinition(
  { name, kind, layout, model, units }: Layer,
  flat: Float32Array,
  constants: Float32Array,
  inputs: Tensor3D,
  repeat: number,
): Tensor3D {
  if (kind !== "dense" && kind !== "recurrent") {
    throw new UsageError(
      `export to onnx: layer "${name}" is of kind "${kind}", and only dense and recurrent layers before the population are written as ONNX; export to safetensors (its arrays) or policy (for spikegym itself) instead`,
    );
  }
  const [steps, batch] = inputs.shape;
  const ticks = steps * repeat;
  const array = (of: string) => {
    const { shape } = layout.slots.find((slot) => slot.name === of)!;
    return tf.tensor(layout.view(flat, of).slice(), [...shape]);
  };
  const fixed = tf.tensor2d(constants, [constants.length / units, units]);
  const all = trainedConstantsOf(model, layout, tf.tensor1d(flat) as Tensor1D, fixed, ticks);
  const weight = array("weight") as Tensor2D;
  const heard = kind === "recurrent" ? (array("recurrent") as Tensor2D) : undefined;
  const currents = (tf.unstack(inputs) as Tensor2D[]).map((x) => tf.add(tf.matMul(x, weight), array("bias")));
  let state = model.rest(batch, units);
  const outputs: Tensor2D[] = [];
  for (let t = 0; t < ticks; t++) {
    let current = currents[Math.floor(t / repeat)]! as Tensor2D;
    const before = outputs.at(-1);
    if (heard !== undefined && before !== undefined) current = tf.add(current, tf.matMul(before, heard));
    const next = model.step(all, state, current, t, ticks);
    state = next.state;
    outputs.push(next.output);
  }
  return tf.stack(outputs) as Tensor3D;
}
