import { SpikegymError } from "../core/errors.ts";
import type { Rng } from "../core/rng.ts";
import { fillXavier } from "../tensors/initialise.ts";
import { ParameterLayout } from "../tensors/layout.ts";

/** One or several ReLU networks of the same shape over the same input (twin critics; mean and log-std heads). */
export interface MlpShape {
  /** Units of each layer, input and output included. ReLU between layers, none after the last. */
  readonly sizes: readonly number[];
  readonly members: number;
}

/** The flat layout of an ensemble: member after member, layer after layer, weight [in, out] then bias [out]. */
export function mlpLayout(shape: MlpShape): ParameterLayout {
  if (shape.sizes.length < 2 || shape.members < 1) {
    throw new SpikegymError(
      `mlp: sizes [${shape.sizes.join(", ")}] x ${shape.members} members, expected at least two sizes and one member`,
    );
  }
  const arrays: [string, number[]][] = [];
  for (let e = 0; e < shape.members; e++) {
    for (let l = 0; l + 1 < shape.sizes.length; l++) {
      arrays.push([`${e}/${l}/weight`, [shape.sizes[l]!, shape.sizes[l + 1]!]]);
      arrays.push([`${e}/${l}/bias`, [shape.sizes[l + 1]!]]);
    }
  }
  return new ParameterLayout(arrays);
}

/** Xavier-uniform weights, zero biases. */
export function initialiseMlp(shape: MlpShape, rng: Rng): Float32Array {
  const layout = mlpLayout(shape);
  const flat = new Float32Array(layout.length);
  for (const slot of layout.slots) {
    if (slot.name.endsWith("weight")) {
      fillXavier(layout.view(flat, slot.name), slot.shape[0]!, slot.shape[1]!, rng.split(slot.name));
    }
  }
  return flat;
}

/** Where the next array of a flat vector begins. */
export const round4 = (n: number) => Math.ceil(n / 4) * 4;
const round8 = (n: number) => Math.ceil(n / 8) * 8;

/** Floats of `mlpLayout`. */
export function mlpLayoutLength({ sizes, members }: MlpShape): number {
  let length = 0;
  for (let l = 0; l + 1 < sizes.length; l++)
    length += round4(sizes[l]! * sizes[l + 1]!) + round4(sizes[l + 1]!);
  return length * members;
}

/** Floats of all hidden activations of one member. */
export function hiddenLength(sizes: readonly number[], batch: number): number {
  let length = 0;
  for (let l = 1; l + 1 < sizes.length; l++) length += batch * sizes[l]!;
  return length;
}

/** Scratch of a product whose left-hand side [m, k] has zeros to skip (kernels/assembly/sparse-product.ts). */
function sparseLength(m: number, k: number): number {
  return (2 * m + 28) * Math.min(k, 256) + m;
}

/** Scratch that the largest of a network's matrix products packs into (kernels/assembly/gemm.ts). */
export function packingBytes(sizes: readonly number[], batch: number): number {
  let floats = 0;
  for (let l = 0; l + 1 < sizes.length; l++) {
    const [k, n] = [sizes[l]!, sizes[l + 1]!];
    const forward = round8(n) * k;
    const weightGradient = (round8(n) + k) * batch;
    const inputGradient = round8(k) * n;
    const sparse = Math.max(
      sparseLength(batch, k),
      k * batch + sparseLength(k, batch),
      sparseLength(batch, n),
    );
    floats = Math.max(floats, forward, weightGradient, inputGradient, sparse);
  }
  return floats * 4;
}
