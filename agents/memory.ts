import type { Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { place, storage } from "../kernels/load.ts";

/** What a batch carries from decision to decision: one [rows, batch, units] for each layer that carries anything. */
export type Carried = readonly Tensor3D[];

/**
 * How a policy's memory lies. What it carries is kept one row an episode, so that episodes can start and end by
 * themselves: [batch, sum over the layers of rows x units], a layer after the other; the layers take it as `Carried`.
 */
export class Memory {
  /** At the start of an episode: one row. */
  readonly rest: Float32Array;
  /** [rows, units] of each layer. */
  readonly #shapes: readonly (readonly [rows: number, units: number])[];
  /** Where each layer begins in a row. */
  readonly #offsets: readonly number[];

  /** @param rest what one episode carries at its start: [rows, 1, units] of each layer */
  constructor(rest: Carried) {
    this.#shapes = rest.map(({ shape: [rows, , units] }) => [rows, units]);
    let size = 0;
    this.#offsets = rest.map((tensor) => {
      const offset = size;
      size += tensor.size;
      return offset;
    });
    this.rest = new Float32Array(size);
    this.read(rest, this.rest);
  }

  /** @param memory [batch, memory] */
  place(memory: Float32Array, batch: number): Carried {
    return this.#shapes.map(([rows, units], layer) => {
      const values = new Float32Array(rows * batch * units);
      this.#forEachRow(layer, batch, (inMemory, inLayer) => {
        values.set(memory.subarray(inMemory, inMemory + units), inLayer);
      });
      return place(values, [rows, batch, units]) as Tensor3D;
    });
  }

  /** @param memory [batch, memory], overwritten */
  read(carried: Carried, memory: Float32Array): void {
    carried.forEach((tensor, layer) => {
      const [, batch, units] = tensor.shape;
      const values = storage(tensor);
      this.#forEachRow(layer, batch, (inMemory, inLayer) => {
        memory.set(values.subarray(inLayer, inLayer + units), inMemory);
      });
    });
  }

  /** Where each row of `units` numbers of a layer begins, in the memory and in the layer's own tensor. */
  #forEachRow(layer: number, batch: number, visit: (inMemory: number, inLayer: number) => void): void {
    const [rows, units] = this.#shapes[layer]!;
    for (let b = 0; b < batch; b++) {
      const start = b * this.rest.length + this.#offsets[layer]!;
      for (let k = 0; k < rows; k++) visit(start + k * units, (k * batch + b) * units);
    }
  }
}

/** At rest where an episode starts. */
export interface Restart {
  /** [1, batch, 1], 0 where one starts and 1 elsewhere. */
  readonly keep: Tensor3D;
  /** What is carried at the start where one starts, and 0 elsewhere. */
  readonly rest: Carried;
}

/**
 * @param starts [batch], 1 where an episode starts
 * @param rest what every row carries at the start of an episode
 * @returns null where none starts
 */
export function restartAt(starts: Float32Array, rest: Carried): Restart | null {
  if (!starts.includes(1)) return null;
  const keep = place(
    starts.map((start) => 1 - start),
    [1, starts.length, 1],
  ) as Tensor3D;
  const anew = tf.sub(1, keep);
  return { keep, rest: rest.map((tensor) => tf.mul(tensor, anew)) };
}

/** carried <- keep carried + rest, differentiable in what is carried. */
export function restart(carried: Carried, { keep, rest }: Restart): Carried {
  return carried.map((tensor, i) => tf.add(tf.mul(tensor, keep), rest[i]!));
}

/**
 * Row b of what stands at `rows[b]` in the list, for every b.
 *
 * @param list no gradient
 * @param rows [batch]
 */
export function gatherCarried(list: readonly Carried[], rows: readonly number[]): Carried {
  return list[0]!.map(({ shape }, layer) => {
    const [carriedRows, batch, units] = shape;
    const values = new Float32Array(carriedRows * batch * units);
    for (let b = 0; b < batch; b++) {
      const from = storage(list[rows[b]!]![layer]!);
      for (let k = 0; k < carriedRows; k++) {
        const at = (k * batch + b) * units;
        values.set(from.subarray(at, at + units), at);
      }
    }
    return place(values, [carriedRows, batch, units]) as Tensor3D;
  });
}
