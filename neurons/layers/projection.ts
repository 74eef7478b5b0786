import type { Tensor1D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { ParameterLayout } from "../../tensors/layout.ts";

/** The first weight and bias of a layer's flat parameters: all of them, or what stands before anything else trained. */
export function projectionOf(layout: ParameterLayout, parameters: Tensor1D): Tensor1D {
  const next = layout.slots[2];
  return next === undefined ? parameters : (tf.slice(parameters, [0], [next.offset]) as Tensor1D);
}
