import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { UsageError } from "../../core/errors.ts";
import { defineReadout } from "./readout.ts";

const parameters = z.strictObject({
  outputs: z
    .number()
    .int()
    .min(1)
    .default(1)
    .describe("numbers read, each from its own equal share of the units"),
  low: z.number().default(-1).describe("preferred value of each share's first unit"),
  high: z.number().default(1).describe("preferred value of each share's last unit"),
});

/** Keeps the quotient finite where a share is silent; far below the rate of one spike in any run. */
const TINY = 1e-6;

/**
 * The population vector: every unit stands for a preferred value p, evenly spread over [low, high] within its share of
 * the population, and votes for it with its rate:
 *
 *   y = sum_u r[u] p[u] / (sum_u r[u] + 1e-6);   a silent share reads 0
 */
export const populationVector = defineReadout({
  id: "population-vector",
  summary: "mean of the units' preferred values, weighted by their rates",
  references: ["Georgopoulos, Schwartz & Kettner, Science 233, 1416-1419 (1986)"],
  parameters,
  create({ outputs, low, high }) {
    const outputSize = (units: number) => {
      if (units % outputs !== 0) {
        throw new UsageError(
          `readout "population-vector": ${units} units do not divide into ${outputs} outputs; take a multiple of ${outputs}`,
        );
      }
      return outputs;
    };
    return {
      id: "population-vector",
      source: "mean",
      outputSize,
      read(rates: Tensor) {
        const [batch, units] = rates.shape as [number, number];
        const share = units / outputSize(units);
        const r = tf.reshape(rates, [batch, outputs, share]);
        const preferred = share === 1 ? tf.tensor1d([(low + high) / 2]) : tf.linspace(low, high, share);
        const votes = tf.sum(tf.mul(r, preferred), 2);
        return tf.div(votes, tf.add(tf.sum(r, 2), TINY)) as Tensor2D;
      },
    };
  },
});
