import type { Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { NeuronModel } from "../neuron-model.ts";

/**
 * The constants for a kernel call of one tick. Only the filter's change from tick to tick: of its rows A and c (one a
 * tick) those of the tick at hand stay.
 */
export function constantsOfTick(
  { kernel }: Pick<NeuronModel, "kernel">,
  constants: Tensor2D,
  tick: number,
  ticks: number,
): Tensor2D {
  if (kernel.kernel !== "filter") return constants;
  const units = constants.shape[1];
  const row = (at: number, rows: number) => tf.slice(constants, [at, 0], [rows, units]);
  return tf.concat([row(tick, 1), row(ticks + tick, 1), row(2 * ticks, 2)], 0) as Tensor2D;
}
