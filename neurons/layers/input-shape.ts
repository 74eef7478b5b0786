import type { Tensor3D } from "@tensorflow/tfjs-core";
import { ShapeError } from "../../core/errors.ts";

/** Numbers in an array of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** Refuses inputs of another size than the layer's; the error names the layer. */
export function checkInputs(layer: string, inputs: Tensor3D, inputShape: readonly number[]): void {
  const size = sizeOf(inputShape);
  if (inputs.rank === 3 && inputs.shape[2] === size) return;
  const image = inputShape.length === 3 ? ` (an image of ${inputShape.join(" x ")})` : "";
  throw new ShapeError(
    `layer "${layer}": inputs`,
    inputs.shape,
    `[inputs, batch, ${size}]${image}`,
    `check layer "${layer}" and what stands before it`,
  );
}
