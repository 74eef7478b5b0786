import type { Tensor } from "@tensorflow/tfjs-core";
import type { SpikingActor } from "../../agents/spiking-actor.ts";
import { storage } from "../../kernels/load.ts";
import { mlpLayout } from "../../kernels/mlp-shape.ts";
import type { ParameterLayout } from "../../tensors/layout.ts";
import { decodeSafetensors, encodeSafetensors, type NamedArray } from "../safetensors.ts";
import type { ExportFormat } from "./format.ts";

/**
 * Safetensors: every array of the policy under a name of its own, whatever the neuron:
 *
 *   population/weight [inputs, currents x units], population/bias, population/<trained constant>
 *   population/constants [rows, units], as the neuron's model orders them
 *   layer/<name>/weight, .../bias, ... and .../constants [rows, units] of each layer before the population
 *   encoder/<array> of a trained encoder
 *   head/<member>/<layer>/weight [in, out], head/<member>/<layer>/bias
 *   normalisation/mean, normalisation/scale [observation] where observations are normalised (clipped to +-10 after)
 */
export const safetensors: ExportFormat = {
  id: "safetensors",
  summary: "every array of the policy by name, for a program of your own",
  references: ["https://github.com/huggingface/safetensors"],
  async write({ agent }) {
    const { actor } = agent;
    const arrays: Record<string, NamedArray> = {
      ...unfolded("population", actor.layer.layout, actor.evaluated.body),
      ...unfolded("head", mlpLayout(actor.headShape), actor.evaluated.heads),
      "population/constants": { shape: actor.constants.shape, values: storage(actor.constants).slice() },
    };
    Object.assign(arrays, frontArrays(actor));
    if (actor.normalisation !== undefined) {
      const { mean, scale } = actor.normalisation;
      arrays["normalisation/mean"] = { shape: [mean.length], values: mean };
      arrays["normalisation/scale"] = { shape: [scale.length], values: scale };
    }
    const bytes = Buffer.concat(encodeSafetensors(arrays));
    const back = decodeSafetensors(bytes, "the export");
    const same = Object.entries(arrays).every(([name, { values }]) =>
      values.every((x, i) => Object.is(x, back[name]!.values[i])),
    );
    return {
      files: [{ ending: ".safetensors", bytes }],
      checks: [
        { id: "read-back", ok: same, note: `${Object.keys(arrays).length} arrays, read back to the bit` },
      ],
      leftOut: [],
    };
  },
};

/** What stands before the population: a trained encoder, and the layers behind it. */
function frontArrays({ front, shape, evaluated }: SpikingActor): Record<string, NamedArray> {
  const { trained } = shape.encoder;
  const [encoder, ...behind] = trained === undefined ? [undefined, ...evaluated.front] : evaluated.front;
  const arrays =
    trained === undefined ? {} : unfolded("encoder", trained.layout(shape.observationSize), encoder!);
  front.layers.forEach(({ name, layout }, i) => {
    Object.assign(arrays, unfolded(`layer/${name}`, layout, behind[i]!));
    const constants = front.constants[i]!;
    arrays[`layer/${name}/constants`] = { shape: constants.shape, values: storage(constants).slice() };
  });
  return arrays;
}

/** The arrays of a flat vector, by the names a reader wants: the population's own layer is not called 0/0. */
function unfolded(prefix: string, layout: ParameterLayout, tensor: Tensor): Record<string, NamedArray> {
  const flat = storage(tensor).slice();
  return Object.fromEntries(
    layout.slots.map(({ name, shape }) => [
      `${prefix}/${prefix === "population" ? name.replace("0/0/", "") : name}`,
      { shape, values: layout.view(flat, name).slice() },
    ]),
  );
}
