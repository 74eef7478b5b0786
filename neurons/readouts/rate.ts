import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { defineReadout } from "./readout.ts";

/** The published readout: r = (1/T) sum over the T ticks of the output; for spikes, their number a tick. */
export const rate = defineReadout({
  id: "rate",
  summary: "mean output over the ticks: the firing rate",
  references: ["He et al., Nature Computational Science 4, 584-599 (2024)"],
  parameters: z.strictObject({}),
  create: () => ({
    id: "rate",
    source: "mean",
    outputSize: (units) => units,
    read: (x: Tensor) => x as Tensor2D,
  }),
});
