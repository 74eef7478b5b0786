import type { Tensor3D } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { place } from "../../kernels/load.ts";
import { defineEncoder } from "./spike-encoder.ts";
import { checkRange, newestOf, shareOf, valueRange } from "./value-range.ts";

const parameters = z.strictObject({
  ticks: z.number().int().min(1).max(1000).default(15).describe("ticks the observation is shown for"),
  ...valueRange,
  curve: z
    .enum(["linear", "logarithmic"])
    .default("linear")
    .describe("how the time falls with the value; logarithmic: a membrane charging to its threshold"),
  threshold: z
    .number()
    .positive()
    .max(0.99)
    .default(0.1)
    .describe("logarithmic: share of the range below which there is no spike"),
});

/**
 * Time coding: every number of the newest observation is at most one spike, the earlier the larger it is. With
 * r = clip((x - low) / (high - low), 0, 1) and T ticks, the spike comes in tick
 *
 *   linear         round((1 - r) (T - 1)), none for r = 0
 *   logarithmic    round((T - 1) (tau(r) - tau(1)) / (tau(1.0001 threshold) - tau(1))), none for r <= threshold,
 *                  tau(r) = ln(r / (r - threshold))
 *
 * of which the second is the time a leaky membrane with input r takes to its threshold.
 */
export const latency = defineEncoder({
  id: "latency",
  summary: "one spike a number, the earlier the larger",
  references: ["Thorpe, Delorme & Van Rullen, Neural Networks 14, 715-725 (2001)"],
  parameters,
  create(settings) {
    checkRange("latency", settings);
    const { ticks, curve, threshold } = settings;
    // The longest charging time that still counts: just above the threshold the time has no bound.
    const charge = (r: number) => Math.log(r / (r - threshold));
    const slowest = charge(1.0001 * threshold);
    const fastest = charge(1);
    const tickOf = (r: number) => {
      if (curve === "linear") return r > 0 ? Math.round((1 - r) * (ticks - 1)) : -1;
      if (r <= threshold) return -1;
      const time = Math.min(1, (charge(r) - fastest) / (slowest - fastest));
      return Math.round(time * (ticks - 1));
    };
    return {
      id: "latency",
      window: 1,
      repeat: 1,
      ticks,
      random: false,
      inputSize: (size) => size,
      encode(window) {
        const [, batch, size] = window.shape;
        const x = newestOf(window);
        const spikes = new Float32Array(ticks * batch * size);
        x.forEach((value, i) => {
          const tick = tickOf(shareOf(value, settings));
          if (tick >= 0) spikes[tick * batch * size + i] = 1;
        });
        return place(spikes, [ticks, batch, size]) as Tensor3D;
      },
    };
  },
});
