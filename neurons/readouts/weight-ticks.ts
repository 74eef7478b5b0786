import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { place, storage } from "../../kernels/load.ts";

/**
 * y = sum_t w[t] x[t], differentiable in x, in one pass over it.
 *
 * @param x [ticks, batch, units]
 * @param weight of a tick, given its number and how many there are
 * @returns [batch, units]
 */
export function weightTicks(x: Tensor, weight: (tick: number, ticks: number) => number): Tensor2D {
  const [ticks, batch, units] = x.shape as [number, number, number];
  const size = batch * units;
  const weights = Array.from({ length: ticks }, (_, t) => weight(t, ticks));
  const op = tf.customGrad((input: Tensor | tf.GradSaveFunc) => {
    const values = storage(input as Tensor);
    const sum = new Float32Array(size);
    weights.forEach((w, t) => {
      const tick = values.subarray(t * size, (t + 1) * size);
      for (let i = 0; i < size; i++) sum[i]! += w * tick[i]!;
    });
    return {
      value: place(sum, [batch, units]),
      gradFunc(dy: Tensor) {
        const slope = storage(dy);
        const all = new Float32Array(ticks * size);
        weights.forEach((w, t) => {
          const tick = all.subarray(t * size, (t + 1) * size);
          for (let i = 0; i < size; i++) tick[i] = w * slope[i]!;
        });
        return place(all, [ticks, batch, units]);
      },
    };
  });
  return op(x) as Tensor2D;
}
