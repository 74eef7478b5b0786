import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { place, storage } from "../../kernels/load.ts";
import { defineReadout } from "./readout.ts";

/**
 * Time to the first spike as a number that is large when it comes early: with T ticks and f the ticks before it (T
 * where there is none),
 *
 *   y = 1 - f / T,   f = sum_(t=0)^(T-1) prod_(k<=t) (1 - s[k])
 *
 * which is 1 for a spike in the first tick and 0 for silence. Written as that product it is differentiable in every
 * spike: an earlier one would have cut the wait short, taking the first away would prolong it to the second, and what
 * comes later says nothing:
 *
 *   dy/ds[k] = (f - k) / T for k < f;   (f2 - f) / T for k = f, f2 the second spike's tick or T;   0 for k > f
 */
export const firstSpike = defineReadout({
  id: "first-spike",
  summary: "time to the first spike, early ones reading high",
  references: ["Mostafa, IEEE Transactions on Neural Networks and Learning Systems 29, 3227-3235 (2018)"],
  parameters: z.strictObject({}),
  create: () => ({
    id: "first-spike",
    source: "outputs",
    outputSize: (units) => units,
    read: readFirstSpike,
  }),
});

function readFirstSpike(x: Tensor): Tensor2D {
  const [ticks, batch, units] = x.shape as [number, number, number];
  const size = batch * units;
  const op = tf.customGrad((input: Tensor | tf.GradSaveFunc) => {
    const spikes = storage(input as Tensor);
    const next = (i: number, from: number) => {
      let t = from;
      while (t < ticks && !(spikes[t * size + i]! > 0)) t++;
      return t;
    };
    const first = new Int32Array(size);
    const second = new Int32Array(size);
    const value = new Float32Array(size);
    for (let i = 0; i < size; i++) {
      first[i] = next(i, 0);
      second[i] = next(i, first[i]! + 1);
      value[i] = 1 - first[i]! / ticks;
    }
    return {
      value: place(value, [batch, units]),
      gradFunc(dy: Tensor) {
        const slope = storage(dy);
        const all = new Float32Array(ticks * size);
        for (let i = 0; i < size; i++) {
          const f = first[i]!;
          for (let k = 0; k < f; k++) all[k * size + i] = (slope[i]! * (f - k)) / ticks;
          if (f < ticks) all[f * size + i] = (slope[i]! * (Math.min(second[i]!, ticks) - f)) / ticks;
        }
        return place(all, [ticks, batch, units]);
      },
    };
  });
  return op(x) as Tensor2D;
}
