import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { ShapeError } from "../../core/errors.ts";
import type { Rng } from "../../core/rng.ts";
import { place, storage } from "../../kernels/load.ts";
import { ParameterLayout } from "../../tensors/layout.ts";
import { defineEncoder } from "./spike-encoder.ts";
import { checkRange, spikeDice, valueRange } from "./value-range.ts";

const parameters = z.strictObject({
  ticks: z.number().int().min(1).max(1000).default(15).describe("ticks the observation is shown for"),
  fields: z.number().int().min(1).max(256).default(10).describe("receptive fields for each number"),
  ...valueRange,
  width: z
    .number()
    .positive()
    .default(0.15)
    .describe("standard deviation of a field, as a share of the range (high - low)"),
  trained: z.boolean().default(false).describe("train the fields' centres and widths with the network"),
  output: z
    .enum(["deterministic", "poisson", "current"])
    .default("deterministic")
    .describe("spikes at regular intervals, random spikes, or the activity itself as a constant current"),
});

/** Below this an integrator's threshold is reached: one, less what rounding may have lost. */
const FULL = 1 - 1e-6;

/**
 * Population coding: every number x of the newest observation is seen by `fields` neurons with Gaussian receptive
 * fields whose centres c start evenly over the range,
 *
 *   a = exp(-((x - c) / w)^2 / 2)
 *
 * and a in [0, 1] is shown as spikes: `deterministic`, an integrator without leak that a fills each tick and that loses
 * one at a spike; `poisson`, a spike with chance a; or as the current a.
 *
 * Trained, c and ln w are parameters. A spike's slope in a is set to one (straight-through): the rate is a to within
 * one spike, so the slope of the rate is right.
 */
export const population = defineEncoder({
  id: "population",
  summary: "Gaussian receptive fields over each number, fixed or trained",
  references: ["Tang, Kumar, Yoo & Michmizos, Conference on Robot Learning (2021), for the trained fields"],
  parameters,
  create(settings) {
    checkRange("population", settings);
    const { ticks, fields, low, high, width, trained, output } = settings;
    const layoutFor = (size: number) =>
      new ParameterLayout([
        ["centres", [size, fields]],
        ["log-widths", [size, fields]],
      ]);
    const initialise = (size: number) => {
      const layout = layoutFor(size);
      const flat = new Float32Array(layout.length);
      const centres = layout.view(flat, "centres");
      for (let i = 0; i < centres.length; i++) {
        centres[i] = low + ((i % fields) + 0.5) * ((high - low) / fields);
      }
      layout.view(flat, "log-widths").fill(Math.log(width * (high - low)));
      return flat;
    };
    const fixed = new Map<number, Float32Array>();
    const fixedFor = (size: number) => {
      const known = fixed.get(size) ?? initialise(size);
      fixed.set(size, known);
      return place(known) as Tensor1D;
    };
    return {
      id: "population",
      window: 1,
      repeat: output === "current" ? ticks : 1,
      ticks,
      random: output === "poisson",
      ...(trained ? { trained: { layout: layoutFor, initialise } } : {}),
      inputSize: (size) => size * fields,
      encode(window, { parameters: own, rng } = {}) {
        const [steps, batch, size] = window.shape;
        const layout = layoutFor(size);
        if (trained && own?.size !== layout.length) {
          throw new ShapeError('encoder "population": parameters', own?.shape ?? [], `[${layout.length}]`);
        }
        return tf.tidy(() => {
          const flat = trained ? own! : fixedFor(size);
          const [centres, logWidths] = layout.slots.map(({ offset, size: n }) =>
            tf.reshape(tf.slice(flat, [offset], [n]), [1, size, fields]),
          );
          const x = tf.reshape(tf.slice(window, [steps - 1, 0, 0], [1, batch, size]), [batch, size, 1]);
          const z = tf.div(tf.sub(x, centres!), tf.exp(logWidths!));
          const activity = tf.reshape(tf.exp(tf.mul(tf.square(z), -0.5)), [batch, size * fields]);
          if (output === "current") return tf.reshape(activity, [1, batch, size * fields]);
          const draw = output === "poisson" ? drawSpikes : integrateSpikes;
          return asSpikes(activity as Tensor2D, (a) => draw(a, ticks, batch, size * fields, rng));
        });
      },
    };
  },
});

/** Spikes [ticks, batch, fields] of an activity, with the slope of each set to one. */
function asSpikes(activity: Tensor2D, draw: (a: Float32Array) => Tensor3D): Tensor3D {
  const op = tf.customGrad((a: Tensor | tf.GradSaveFunc) => ({
    value: draw(storage(a as Tensor)),
    gradFunc: (dy: Tensor) => tf.sum(dy, 0),
  }));
  return op(activity) as Tensor3D;
}

function integrateSpikes(a: Float32Array, ticks: number, batch: number, width: number): Tensor3D {
  const spikes = new Float32Array(ticks * a.length);
  for (let i = 0; i < a.length; i++) {
    let charge = 0;
    for (let t = 0; t < ticks; t++) {
      charge += a[i]!;
      if (charge < FULL) continue;
      charge -= 1;
      spikes[t * a.length + i] = 1;
    }
  }
  return place(spikes, [ticks, batch, width]) as Tensor3D;
}

function drawSpikes(
  a: Float32Array,
  ticks: number,
  batch: number,
  width: number,
  rng?: Rng | null,
): Tensor3D {
  const dice = spikeDice("population", ticks, batch, width, rng);
  const spikes = new Float32Array(ticks * a.length);
  for (let t = 0; t < ticks; t++) {
    for (let i = 0; i < a.length; i++) {
      if (dice(t, Math.floor(i / width), i % width) < a[i]!) spikes[t * a.length + i] = 1;
    }
  }
  return place(spikes, [ticks, batch, width]) as Tensor3D;
}
