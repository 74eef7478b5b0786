import type { Tensor3D } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { place, storage } from "../../kernels/load.ts";
import { defineEncoder } from "./spike-encoder.ts";

const parameters = z.strictObject({
  window: z.number().int().min(2).max(64).default(6).describe("latest observations whose changes are shown"),
  repeat: z.number().int().min(1).max(100).default(3).describe("ticks each change is shown for"),
  threshold: z
    .number()
    .positive()
    .default(0.05)
    .describe("change from one observation to the next that spikes"),
});

/**
 * Change coding, as an event camera does: between each two neighbours of the latest observations every number has an
 * up channel and a down channel,
 *
 *   up[i]   = [x[i+1] - x[i] >= threshold],   down[i] = [x[i] - x[i+1] >= threshold]
 *
 * Inputs: window - 1 changes, oldest first, all up channels before all down channels. A state that does not change
 * shows nothing, so a policy on this alone sees velocities and no positions.
 */
export const delta = defineEncoder({
  id: "delta",
  summary: "up and down spikes where the observation changes",
  references: ["Lichtsteiner, Posch & Delbruck, IEEE Journal of Solid-State Circuits 43, 566-576 (2008)"],
  parameters,
  create: ({ window: steps, repeat, threshold }) => ({
    id: "delta",
    window: steps,
    repeat,
    ticks: (steps - 1) * repeat,
    random: false,
    inputSize: (size) => 2 * size,
    encode(window) {
      const [, batch, size] = window.shape;
      const x = storage(window);
      const spikes = new Float32Array((steps - 1) * batch * 2 * size);
      for (let t = 0; t + 1 < steps; t++) {
        for (let b = 0; b < batch; b++) {
          for (let i = 0; i < size; i++) {
            const at = (t * batch + b) * size + i;
            const change = x[at + batch * size]! - x[at]!;
            const out = (t * batch + b) * 2 * size + i;
            if (change >= threshold) spikes[out] = 1;
            if (-change >= threshold) spikes[out + size] = 1;
          }
        }
      }
      return place(spikes, [steps - 1, batch, 2 * size]) as Tensor3D;
    },
  }),
});
