import type { Tensor3D } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { place } from "../../kernels/load.ts";
import { defineEncoder } from "./spike-encoder.ts";
import { checkRange, newestOf, shareOf, spikeDice, valueRange } from "./value-range.ts";

const parameters = z.strictObject({
  ticks: z.number().int().min(1).max(1000).default(15).describe("ticks the observation is shown for"),
  ...valueRange,
  maxProbability: z
    .number()
    .positive()
    .max(1)
    .default(1)
    .describe("chance of a spike in a tick for a value at the high end"),
});

/**
 * Rate coding: every number of the newest observation is a train of independent spikes,
 *
 *   P(spike in a tick) = maxProbability clip((x - low) / (high - low), 0, 1)
 *
 * (a Poisson process seen tick by tick, at most one spike each).
 */
export const poisson = defineEncoder({
  id: "poisson",
  summary: "random spikes, the more the larger the number",
  references: ["Dayan & Abbott, Theoretical Neuroscience (2001), section 1.4"],
  parameters,
  create(settings) {
    checkRange("poisson", settings);
    const { ticks, maxProbability } = settings;
    return {
      id: "poisson",
      window: 1,
      repeat: 1,
      ticks,
      random: true,
      inputSize: (size) => size,
      encode(window, { rng } = {}) {
        const [, batch, size] = window.shape;
        const x = newestOf(window);
        const dice = spikeDice("poisson", ticks, batch, size, rng);
        const spikes = new Float32Array(ticks * batch * size);
        let at = 0;
        for (let t = 0; t < ticks; t++) {
          for (let b = 0; b < batch; b++) {
            for (let i = 0; i < size; i++, at++) {
              const probability = maxProbability * shareOf(x[b * size + i]!, settings);
              if (dice(t, b, i) < probability) spikes[at] = 1;
            }
          }
        }
        return place(spikes, [ticks, batch, size]) as Tensor3D;
      },
    };
  },
});
