import type { Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { place, storage } from "../kernels/load.ts";

// What a policy carries from decision to decision is kept one row an episode, [batch, states x units], so that episodes
// can start and end by themselves; the neurons take it as [states, batch, units].

/** Rows as the neurons take them. */
export function placeMemory(rows: Float32Array, batch: number, states: number): Tensor3D {
  const units = rows.length / (batch * states);
  const values = new Float32Array(rows.length);
  for (let b = 0; b < batch; b++) {
    for (let k = 0; k < states; k++) {
      const from = (b * states + k) * units;
      values.set(rows.subarray(from, from + units), (k * batch + b) * units);
    }
  }
  return place(values, [states, batch, units]) as Tensor3D;
}

/** The neurons' state as rows, into `rows`. */
export function readMemory(state: Tensor3D, rows: Float32Array): void {
  const [states, batch, units] = state.shape;
  const values = storage(state);
  for (let b = 0; b < batch; b++) {
    for (let k = 0; k < states; k++) {
      const from = (k * batch + b) * units;
      rows.set(values.subarray(from, from + units), (b * states + k) * units);
    }
  }
}

/** The neurons at rest where an episode starts. */
export interface Restart {
  /** [1, batch, 1], 0 where one starts and 1 elsewhere. */
  readonly keep: Tensor3D;
  /** [states, batch, units], the resting state where one starts and 0 elsewhere. */
  readonly rest: Tensor3D;
}

/**
 * @param starts [batch], 1 where an episode starts
 * @param rest the resting state of every row, [states, batch, units]
 * @returns null where none starts
 */
export function restartAt(starts: Float32Array, rest: Tensor3D): Restart | null {
  if (!starts.includes(1)) return null;
  const keep = place(
    starts.map((start) => 1 - start),
    [1, starts.length, 1],
  ) as Tensor3D;
  return { keep, rest: tf.mul(rest, tf.sub(1, keep)) };
}

/** state <- keep state + rest, differentiable in the state. */
export function restart(state: Tensor3D, { keep, rest }: Restart): Tensor3D {
  return tf.add(tf.mul(state, keep), rest);
}

/**
 * Row b of the state that stands at `rows[b]` in the list, for every b.
 *
 * @param list states [states, batch, units]; no gradient
 * @param rows [batch]
 */
export function gatherStates(list: readonly Tensor3D[], rows: readonly number[]): Tensor3D {
  const [states, batch, units] = list[0]!.shape;
  const values = new Float32Array(states * batch * units);
  for (let b = 0; b < batch; b++) {
    const from = storage(list[rows[b]!]!);
    for (let k = 0; k < states; k++) {
      const at = (k * batch + b) * units;
      values.set(from.subarray(at, at + units), at);
    }
  }
  return place(values, [states, batch, units]) as Tensor3D;
}
