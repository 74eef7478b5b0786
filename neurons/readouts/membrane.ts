import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { defineReadout } from "./readout.ts";
import { weightTicks } from "./weight-ticks.ts";

const parameters = z.strictObject({
  scale: z
    .number()
    .positive()
    .default(1)
    .describe("unit of the membrane, e.g. 100 (mV) for hh; the reading is divided by it"),
});

/** y = v[T] / scale: the membrane after the last tick. */
export const lastMembrane = defineReadout({
  id: "last-membrane",
  summary: "membrane after the last tick",
  references: ["Eshraghian et al., Proceedings of the IEEE 111, 1016-1054 (2023)"],
  parameters,
  create: ({ scale }) => ({
    id: "last-membrane",
    source: "membranes",
    outputSize: (units) => units,
    read(x: Tensor) {
      const [ticks, batch, units] = x.shape as [number, number, number];
      const last = tf.reshape(tf.slice(x, [ticks - 1, 0, 0], [1, batch, units]), [batch, units]);
      return (scale === 1 ? last : tf.div(last, scale)) as Tensor2D;
    },
  }),
});

/** y = (1/T) sum_t v[t] / scale: the membrane's mean over the ticks. */
export const meanMembrane = defineReadout({
  id: "mean-membrane",
  summary: "mean membrane over the ticks",
  references: ["Eshraghian et al., Proceedings of the IEEE 111, 1016-1054 (2023)"],
  parameters,
  create: ({ scale }) => ({
    id: "mean-membrane",
    source: "membranes",
    outputSize: (units) => units,
    read: (x: Tensor) => weightTicks(x, (_tick, ticks) => 1 / (ticks * scale)),
  }),
});
