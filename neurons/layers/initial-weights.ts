import { z } from "zod";
import type { Rng } from "../../core/rng.ts";
import { fillFanIn, fillXavier } from "../../tensors/initialise.ts";
import type { ParameterLayout } from "../../tensors/layout.ts";
import type { NeuronModel } from "../neuron-model.ts";
import { isTrainedConstant } from "../trained-constants.ts";

/** How a projection's weights and biases start. */
export const initialWeightsSchema = z.strictObject({
  scheme: z
    .enum(["xavier", "fan-in", "firing"])
    .default("xavier")
    .describe(
      "xavier: U(+-sqrt(6 / (in + out))), biases zero; fan-in: U(+-1 / sqrt(in)), biases too; firing: so that inputs of unit variance bring the neurons into their firing regime, biases zero",
    ),
  gain: z.number().positive().default(1).describe("factor on all of them"),
});

export type InitialWeights = z.output<typeof initialWeightsSchema>;

/**
 * Fresh values for a layout of weights `[..., in, out]`, biases `[out]` and the neurons' trained constants (which start
 * at zero: where they are is in the constants); every array draws from a stream of its own name.
 *
 * @param receptiveField positions an input channel is seen at: 1 for a dense layer, 9 for a 3 x 3 convolution
 */
export function initialiseWeights(
  layout: ParameterLayout,
  model: Pick<NeuronModel, "startingCurrent"> | undefined,
  { scheme, gain }: InitialWeights,
  rng: Rng,
  receptiveField = 1,
): Float32Array {
  const flat = new Float32Array(layout.length);
  let fanIn = 1;
  for (const { name, shape } of layout.slots) {
    if (isTrainedConstant(name)) continue;
    const values = layout.view(flat, name);
    const stream = rng.split(name);
    const isWeight = shape.length > 1;
    if (isWeight) fanIn = shape.at(-2)! * receptiveField;
    if (scheme === "fan-in") fillFanIn(values, fanIn, stream, gain);
    else if (!isWeight) continue;
    else if (scheme === "xavier") fillXavier(values, fanIn, shape.at(-1)! * receptiveField, stream, gain);
    else fillFanIn(values, fanIn, stream, gain * Math.sqrt(3) * (model?.startingCurrent ?? 1));
  }
  return flat;
}
