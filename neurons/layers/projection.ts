import type { Tensor1D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { ParameterLayout } from "../../tensors/layout.ts";

/**
 * A layer's flat parameters cut in two: the arrays before `name`, and the rest from it on. Split, not sliced: the
 * gradient of a split puts the two ends together in one copy, that of a slice pads a whole vector for each.
 *
 * @param name of an array of the layout; undefined where there is none to cut at
 */
export function cutParameters(
  layout: ParameterLayout,
  parameters: Tensor1D,
  name: string | undefined,
): { before: Tensor1D; rest: Tensor1D | undefined } {
  const offset = layout.slots.find((slot) => slot.name === name)?.offset;
  if (offset === undefined) return { before: parameters, rest: undefined };
  const [before, rest] = tf.split(parameters, [offset, layout.length - offset]) as [Tensor1D, Tensor1D];
  return { before, rest };
}
