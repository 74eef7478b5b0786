import { z } from "zod";
import { defineReadout } from "./readout.ts";
import { weightTicks } from "./weight-ticks.ts";

const parameters = z.strictObject({
  decay: z
    .number()
    .min(0)
    .max(0.9999)
    .default(0.8)
    .describe("share of its state a reading unit keeps from tick to tick"),
});

/**
 * A reading unit that integrates and never spikes, as it stands after the last tick:
 *
 *   y[t] = d y[t-1] + (1 - d) o[t],   y[-1] = 0
 *
 * so that late ticks weigh more. Both it and the dense layer behind it are linear, so this equals the usual "output
 * layer of leaky integrators": weights first or integration first gives the same.
 */
export const leakyIntegrator = defineReadout({
  id: "leaky-integrator",
  summary: "leaky integral of the output, late ticks weighing more",
  references: ["Bellec et al., Nature Communications 11, 3625 (2020)"],
  parameters,
  create: ({ decay }) => ({
    id: "leaky-integrator",
    source: "outputs",
    outputSize: (units) => units,
    read: (x) => weightTicks(x, (tick, ticks) => (1 - decay) * decay ** (ticks - 1 - tick)),
  }),
});
