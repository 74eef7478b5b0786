import { z } from "zod";
import type { Rng } from "../../core/rng.ts";
import { fillFanIn, fillXavier } from "../../tensors/initialise.ts";
import type { ParameterLayout } from "../../tensors/layout.ts";

/** How a projection's weights and biases start. */
export const initialWeightsSchema = z.strictObject({
  scheme: z
    .enum(["xavier", "fan-in"])
    .default("xavier")
    .describe("xavier: U(+-sqrt(6 / (in + out))), biases zero; fan-in: U(+-1 / sqrt(in)), biases too"),
  gain: z.number().positive().default(1).describe("factor on all of them"),
});

export type InitialWeights = z.output<typeof initialWeightsSchema>;

/**
 * Fresh values for a layout of weights `[..., in, out]` and biases `[out]`; every array draws from a stream of its own
 * name.
 *
 * @param receptiveField positions an input channel is seen at: 1 for a dense layer, 9 for a 3 x 3 convolution
 */
export function initialiseWeights(
  layout: ParameterLayout,
  { scheme, gain }: InitialWeights,
  rng: Rng,
  receptiveField = 1,
): Float32Array {
  const flat = new Float32Array(layout.length);
  let fanIn = 1;
  for (const { name, shape } of layout.slots) {
    const values = layout.view(flat, name);
    if (shape.length > 1) fanIn = shape.at(-2)! * receptiveField;
    const fanOut = shape.at(-1)! * receptiveField;
    if (scheme === "fan-in") fillFanIn(values, fanIn, rng.split(name), gain);
    else if (shape.length > 1) fillXavier(values, fanIn, fanOut, rng.split(name), gain);
  }
  return flat;
}
