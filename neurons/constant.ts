import { z } from "zod";
import type { Rng } from "../core/rng.ts";

/** How one constant is drawn for each neuron, from the layer's seed. */
export interface Draw {
  readonly draw: "uniform" | "normal" | "lognormal";
  readonly mean: number;
  readonly spread: number;
}

/** A constant of a neuron: the same for all, drawn for each, or trained (one for each neuron, or one for the layer). */
export type ConstantSetting =
  | number
  | Draw
  | { readonly train: "neuron" | "layer"; readonly start: number | Draw };

/**
 * How a trained value depends on its trained number p, which starts at 0 so that the optimiser's rate means the same for
 * a conductance of 120 as for a weight:
 *
 *   positive   start e^p                        stays above 0
 *   share      sigmoid(logit(start) + p)        stays in (0, 1)
 *   real       start + scale p
 */
export type ConstantRange = "positive" | "share" | { readonly scale: number };

/** One row of a population's constants. */
export interface ConstantRow {
  readonly name: string;
  readonly setting: ConstantSetting;
  readonly range: ConstantRange;
}

/** A row that is trained: where it stands in the constants, and how. */
export interface TrainedConstant {
  readonly name: string;
  readonly row: number;
  readonly per: "neuron" | "layer";
  readonly range: ConstantRange;
}

/** Where the values of a range lie. */
function limits(range: ConstantRange): { min?: number; max?: number } {
  if (range === "positive") return { min: 0 };
  return range === "share" ? { min: 0, max: 1 } : {};
}

/**
 * The schema of a constant: a number, `{ draw: "normal", mean, spread }` (one drawn for each neuron: normal with this
 * standard deviation, uniform within mean +- spread, or lognormal with median `mean` and `spread` the deviation of the
 * logarithm; held inside the constant's range), or `{ train: "neuron" | "layer", start }` (learned, one for each neuron
 * or one for all; `start` is a number or a draw).
 */
export function constantSchema(fallback: ConstantSetting, range: ConstantRange, description: string) {
  const { min, max } = limits(range);
  let value = z.number();
  if (min !== undefined) value = value.min(min);
  if (max !== undefined) value = value.max(max);
  const draw = z.strictObject({
    draw: z.enum(["uniform", "normal", "lognormal"]).describe("distribution over the neurons"),
    mean: value.describe("its mean (lognormal: median)"),
    spread: z
      .number()
      .min(0)
      .describe("standard deviation (uniform: half the width; lognormal: of the logarithm)"),
  });
  const start = z.union([value, draw]);
  const train = z.strictObject({
    train: z.enum(["neuron", "layer"]).describe("learn one for each neuron, or one for the layer"),
    start: start.describe("value before training"),
  });
  return z
    .union([value, draw, train], {
      error: `expected a number, {draw, mean, spread} or {train: "neuron"|"layer", start}`,
    })
    .default(fallback)
    .describe(description);
}

function drawn({ draw, mean, spread }: Draw, range: ConstantRange, rng: Rng): number {
  let x: number;
  if (draw === "uniform") x = rng.uniform(mean - spread, mean + spread);
  else if (draw === "normal") x = mean + spread * rng.normal();
  else x = mean * Math.exp(spread * rng.normal());
  const { min, max } = limits(range);
  // A conductance, a capacity or a time constant of exactly nothing would not be a neuron.
  const least = min === undefined ? x : range === "positive" ? 1e-3 * Math.abs(mean) : min;
  return Math.min(max ?? x, Math.max(least, x));
}

/** The rows [rows, units] as they are before training. Each row has its own stream, named after it. */
export function fillConstants(
  rows: readonly ConstantRow[],
  units: number,
  rng: Rng,
  out = new Float32Array(rows.length * units),
): Float32Array {
  rows.forEach(({ name, setting, range }, i) => {
    const row = out.subarray(i * units, (i + 1) * units);
    const start = typeof setting === "object" && "train" in setting ? setting.start : setting;
    if (typeof start === "number") {
      row.fill(start);
      return;
    }
    const stream = rng.split(name);
    // One number for a layer that learns one number.
    const shared = typeof setting === "object" && "train" in setting && setting.train === "layer";
    if (shared) row.fill(drawn(start, range, stream));
    else for (let u = 0; u < units; u++) row[u] = drawn(start, range, stream);
  });
  return out;
}

/** Which of the rows are trained. */
export function trainedConstants(rows: readonly ConstantRow[]): TrainedConstant[] {
  return rows.flatMap(({ name, setting, range }, row) =>
    typeof setting === "object" && "train" in setting ? [{ name, row, per: setting.train, range }] : [],
  );
}

/**
 * The constants [rows, units] with the trained numbers applied.
 *
 * @param constants as drawn
 * @param numbers what is trained: [units] or [1] for each of `trained`, in its order
 */
export function applyTrained(
  constants: Float32Array,
  units: number,
  trained: readonly TrainedConstant[],
  numbers: readonly Float32Array[],
): Float32Array {
  const f = Math.fround;
  const out = constants.slice();
  trained.forEach(({ row, range }, i) => {
    const p = numbers[i]!;
    for (let u = 0; u < units; u++) {
      const at = row * units + u;
      const shift = p[p.length === 1 ? 0 : u]!;
      const start = constants[at]!;
      if (range === "positive") out[at] = start * f(Math.exp(shift));
      else if (range === "share") {
        const inside = f(Math.min(1 - 1e-4, Math.max(1e-4, start)));
        const logit = f(Math.log(f(inside / f(1 - inside))));
        out[at] = 1 / (1 + Math.exp(-f(logit + shift)));
      } else out[at] = start + f(shift * range.scale);
    }
  });
  return out;
}

/** What a gradient in the applied constants is in the numbers that were applied: one array for each of `trained`. */
export function trainedGradients(
  applied: Float32Array,
  gradient: Float32Array,
  units: number,
  trained: readonly TrainedConstant[],
): Float32Array[] {
  return trained.map(({ row, range, per }) => {
    const slopes = new Float64Array(per === "layer" ? 1 : units);
    for (let u = 0; u < units; u++) {
      const at = row * units + u;
      const value = applied[at]!;
      const factor = range === "positive" ? value : range === "share" ? value * (1 - value) : range.scale;
      slopes[per === "layer" ? 0 : u]! += gradient[at]! * factor;
    }
    return Float32Array.from(slopes);
  });
}

/** One number for pictures and texts: the value, or the mean of what is drawn, before training. */
export function typicalValue(setting: ConstantSetting): number {
  if (typeof setting === "number") return setting;
  return "train" in setting ? typicalValue(setting.start) : setting.mean;
}
