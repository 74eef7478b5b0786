import { CHAIN_DURATION_MS, simulateHhChain, simulateLifChain } from "../../neurons/equivalence/chain.ts";
import { type ChainInputId, chainInputs } from "../../neurons/equivalence/chain-inputs.ts";
import { compareSpikes } from "../../neurons/equivalence/result.ts";
import { DT_MS, decode } from "./parameters.ts";

const TICKS = Math.round(CHAIN_DURATION_MS / DT_MS);
/** A spike this close to its target is right for the smooth loss, ms. */
const TOLERANCE_MS: PerInput = { constant: 1, sine: 0.7, square: 0.9, sawtooth: 1.25, triangle: 1.1 };
/** One number for each input. */
export type PerInput = Readonly<Record<ChainInputId, number>>;

const targets = chainInputs.entries.map((input) => {
  const { second } = simulateHhChain(input);
  const currents = Float64Array.from({ length: TICKS }, (_, i) => input.at((i + 0.5) * DT_MS));
  const interval = (second.at(-1)! - second[0]!) / (second.length - 1);
  return { input, spikes: second, currents, interval };
});

/**
 * How far the first neuron is from spiking where it should, smooth in the constants.
 *
 * Each interval between two target spikes is taken by itself: starting from the reset (and what is kept) at the one, the smallest excess over the threshold among the four membranes has to stay negative until the next is due
 * and be positive within its window. `sharpness` turns the penalty from gentle to nearly a count of mistakes.
 */
export function smoothLoss(x: Float64Array, sharpness: number, importance: PerInput): number {
  const constants = decode(x);
  const { leak, gain, offset, weight, bias, threshold, reset, keep } = constants;
  const u = new Float64Array(4);
  const atSpike = new Float64Array(4);
  let loss = 0;
  for (const { input, spikes, currents } of targets) {
    const weightOfInput = importance[input.id];
    const tolerance = TOLERANCE_MS[input.id];
    let begin = 0;
    for (let j = 0; j <= spikes.length; j++) {
      const due = spikes[j] ?? Number.POSITIVE_INFINITY;
      const from = Math.ceil((due - tolerance) / DT_MS);
      const to = Math.min(TICKS - 1, Math.floor((due + tolerance) / DT_MS));
      if (j === 0) u.set(constants.start);
      else for (let k = 0; k < 4; k++) u[k] = reset[k]! + keep[k]! * atSpike[k]!;
      const last = Math.round(due / DT_MS);
      let best = Number.NEGATIVE_INFINITY;
      for (let i = begin; i <= to; i++) {
        let fed = bias;
        for (let k = 0; k < 3; k++) {
          u[k]! += DT_MS * (gain[k]! * currents[i]! + offset[k]! - leak[k]! * u[k]!);
          fed += weight[k]! * u[k]!;
        }
        u[3]! += DT_MS * (fed - leak[3] * u[3]!);
        if (i <= last) atSpike.set(u);
        const excess = softMinimum(
          (u[0]! - threshold) / 10,
          (u[1]! - threshold) / 10,
          (u[2]! - threshold) / 10,
          (u[3]! - threshold) / 30,
        );
        if (i < from) loss += (weightOfInput * softplus(sharpness * excess + 1)) / 2;
        else best = Math.max(best, excess);
      }
      if (j < spikes.length) {
        loss += weightOfInput * softplus(1 - sharpness * best);
        begin = Math.round(due / DT_MS) + 1;
      }
    }
  }
  // The second neuron is sent a spike through the same weights: their sum has to be positive for it to arrive.
  const sum = weight[0] + weight[1] + weight[2];
  return loss + 20 * Math.max(0, 0.2 - sum) + 2e-3 * squares(x);
}

/** The smallest of four numbers, rounded off where two are close. */
function softMinimum(a: number, b: number, c: number, d: number): number {
  const least = Math.min(a, b, c, d);
  return (
    least - Math.log(Math.exp(least - a) + Math.exp(least - b) + Math.exp(least - c) + Math.exp(least - d))
  );
}

function softplus(x: number): number {
  return x > 30 ? x : Math.log1p(Math.exp(x));
}

function squares(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * x[i]!;
  return sum;
}

/** Errors wanted; beyond, an error weighs fifty times as much. */
const WANTED = 0.048;

/**
 * What is wanted, as it is measured: the chain of two runs freely under every input; distances of the second neuron's
 * spikes to their nearest targets and back, over the mean interval, and what each missing or extra spike costs.
 */
export function chainLoss(x: Float64Array): number {
  const constants = decode(x);
  let loss = 0;
  for (const { input, spikes, interval } of targets) {
    const { first, second } = simulateLifChain(input, constants);
    const error = (meanNearest(second, spikes) + meanNearest(spikes, second)) / 2 / interval;
    loss += 0.1 * error + 5 * Math.max(0, error - WANTED);
    loss += 0.1 * Math.abs(first.length - second.length) + 0.2 * Math.abs(second.length - spikes.length);
  }
  return loss + 1e-5 * squares(x);
}

/** Mean distance of each of `from` to the nearest of `to`, at most 8 ms. */
function meanNearest(from: readonly number[], to: readonly number[]): number {
  if (from.length === 0 || to.length === 0) return 8;
  let sum = 0;
  for (const t of from) {
    let least = 8;
    for (const s of to) least = Math.min(least, Math.abs(t - s));
    sum += least;
  }
  return sum / from.length;
}

/** Spike counts and timing error of each input. */
export function describeFit(x: Float64Array): { readonly text: string; readonly isGood: boolean } {
  const constants = decode(x);
  const results = targets.map(({ input, spikes }) => ({
    id: input.id,
    ...compareSpikes(spikes, simulateLifChain(input, constants).second),
  }));
  return {
    text: results
      .map(
        (r) =>
          `${r.id} ${r.hh.spikeTimesMs.length}/${r.lif.spikeTimesMs.length} ${r.relativeTimingError?.toFixed(3)}`,
      )
      .join("  "),
    isGood: results.every((r) => r.countsEqual && r.relativeTimingError! <= 0.05),
  };
}
