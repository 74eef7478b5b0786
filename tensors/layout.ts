import { ShapeError } from "../core/errors.ts";

/** Where one named array lies in a flat parameter vector. */
export interface Slot {
  readonly name: string;
  readonly shape: readonly number[];
  /** First element, a multiple of four (16 bytes). */
  readonly offset: number;
  readonly size: number;
}

/**
 * How a network's arrays lie in ONE flat float32 vector: the optimiser and the fused kernels then make one call a
 * network instead of one a weight. Every array starts on a 16-byte boundary; the gaps stay zero.
 */
export class ParameterLayout {
  readonly slots: readonly Slot[];
  /** Elements of the flat vector, gaps included. */
  readonly length: number;
  /** Trainable parameters, gaps excluded. */
  readonly count: number;

  constructor(arrays: readonly (readonly [name: string, shape: readonly number[]])[]) {
    let offset = 0;
    let count = 0;
    this.slots = arrays.map(([name, shape]) => {
      const size = shape.reduce((product, n) => product * n, 1);
      const slot = { name, shape, offset, size };
      offset += Math.ceil(size / 4) * 4;
      count += size;
      return slot;
    });
    this.length = offset;
    this.count = count;
  }

  /** The named array inside a flat vector, as a view. */
  view(flat: Float32Array, name: string): Float32Array {
    if (flat.length !== this.length)
      throw new ShapeError("ParameterLayout.view: flat", [flat.length], `[${this.length}]`);
    const slot = this.slots.find((candidate) => candidate.name === name);
    if (slot === undefined) {
      throw new ShapeError(
        `ParameterLayout.view: "${name}"`,
        [],
        `one of ${this.slots.map((s) => s.name).join(", ")}`,
      );
    }
    return flat.subarray(slot.offset, slot.offset + slot.size);
  }
}
