import { ShapeError } from "../../core/errors.ts";
import type { Rng } from "../../core/rng.ts";
import { CoupledPair, TV_LIF2HH_SETTINGS } from "./coupled-pair.ts";
import { type Comparison, compareSpikes } from "./result.ts";

/** Neurons of the two layers. */
const HIDDEN = 128;
const OUTPUTS = 10;
/** Brings a layer's current to where its neurons fire: the mean of a unit's current over a full input, uA/cm2. */
const HIDDEN_CURRENT = 20;
const OUTPUT_CURRENT = 120;

export interface DenseResult {
  /** One entry an output neuron. */
  readonly outputs: readonly Comparison[];
  readonly countsEqual: boolean;
  /** Spike counts agree in the hidden layer as well. */
  readonly hiddenCountsEqual: boolean;
  /** Largest distance of two spikes in turn over all neurons, ms; null where counts differ. */
  readonly maxSpikeDifferenceMs: number | null;
  readonly maxAbsVoltageDifferenceMv: number;
}

/**
 * A fully connected network 784 -> 128 -> 10 with random positive weights, of Hodgkin-Huxley neurons and of tv-LIF2HH
 * neurons beside them. The image's raw values 0 to 255 are a constant current through the first weights; a neuron above
 * the spike's level sends its weights on.
 *
 * @param image 784 values, 0 to 255
 * @returns yields the time reached, ms
 */
export function* simulateDense(image: ArrayLike<number>, rng: Rng): Generator<number, DenseResult> {
  if (image.length !== 784)
    throw new ShapeError("equivalence dense: image", [image.length], "[784], 28 x 28");
  const { dtMs, durationMs } = TV_LIF2HH_SETTINGS;
  const first = drawWeights(rng.split("hidden"), image.length, HIDDEN);
  const second = drawWeights(rng.split("output"), HIDDEN, OUTPUTS);
  let ink = 0;
  for (let i = 0; i < image.length; i++) ink += image[i]!;
  const constant = Float64Array.from({ length: HIDDEN }, (_, unit) => {
    let sum = 0;
    for (let i = 0; i < image.length; i++) sum += image[i]! * first[i * HIDDEN + unit]!;
    return ink === 0 ? 0 : (2 * HIDDEN_CURRENT * sum) / ink;
  });
  const hidden = Array.from({ length: HIDDEN }, () => new CoupledPair());
  const outputs = Array.from({ length: OUTPUTS }, () => new CoupledPair());
  const hhCurrents = new Float64Array(OUTPUTS);
  const lifCurrents = new Float64Array(OUTPUTS);
  const steps = Math.round(durationMs / dtMs);
  for (let step = 0; step < steps; step++) {
    const t = step * dtMs;
    hhCurrents.fill(0);
    lifCurrents.fill(0);
    hidden.forEach((neuron, i) => {
      neuron.step(t, constant[i]!, constant[i]!);
      for (let k = 0; k < OUTPUTS; k++) {
        const weight = ((2 * OUTPUT_CURRENT) / HIDDEN) * second[i * OUTPUTS + k]!;
        if (neuron.hhIsActive) hhCurrents[k]! += weight;
        if (neuron.lifIsActive) lifCurrents[k]! += weight;
      }
    });
    outputs.forEach((neuron, k) => {
      neuron.step(t, hhCurrents[k]!, lifCurrents[k]!);
    });
    if (step % 500 === 0) yield t;
  }
  const all = [...hidden, ...outputs];
  const comparisons = outputs.map((pair) => compareSpikes(pair.hhSpikeTimesMs, pair.lifSpikeTimesMs));
  const isSame = (pair: CoupledPair) => pair.hhSpikeTimesMs.length === pair.lifSpikeTimesMs.length;
  return {
    outputs: comparisons,
    countsEqual: comparisons.every((comparison) => comparison.countsEqual),
    hiddenCountsEqual: hidden.every(isSame),
    maxSpikeDifferenceMs: all.every(isSame) ? Math.max(0, ...all.flatMap(spikeDifferences)) : null,
    maxAbsVoltageDifferenceMv: Math.max(...all.map((pair) => pair.maxAbsVoltageDifferenceMv)),
  };
}

/** U(0, 1), [inputs, units]. */
function drawWeights(rng: Rng, inputs: number, units: number): Float64Array {
  const weights = new Float64Array(inputs * units);
  rng.fillUniform(weights, 0, 1);
  return weights;
}

function spikeDifferences({ hhSpikeTimesMs, lifSpikeTimesMs }: CoupledPair): number[] {
  return hhSpikeTimesMs.map((t, i) => Math.abs(t - lifSpikeTimesMs[i]!));
}
