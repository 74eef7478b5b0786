import { CoupledPair, TV_LIF2HH_SETTINGS } from "./coupled-pair.ts";
import { type Comparison, compareSpikes, type VoltagePair } from "./result.ts";

/** What an input neuron is given for 0 and for 1, uA/cm2. */
const LEVELS = [0, 40];
/** From the two input neurons onto the output, uA/cm2 while the sender is above the spike's level. */
const WEIGHTS = [20, -20];
/** Steps from one kept voltage to the next. */
const KEEP_EVERY = 10;

export interface XorCase extends Comparison {
  /** The two inputs, 0 or 1. */
  readonly inputs: readonly [number, number];
  /** Of all three neurons. */
  readonly maxAbsVoltageDifferenceMv: number;
  /** Of the output neuron. */
  readonly voltages: VoltagePair;
}

/**
 * Two input neurons onto one output, once of Hodgkin-Huxley neurons and once of tv-LIF2HH neurons that borrow their
 * conductances but see only their own network's spikes, in the four cases of two bits.
 */
export function simulateXor(): XorCase[] {
  return [0, 1].flatMap((a) => [0, 1].map((b) => simulateCase(a, b)));
}

function simulateCase(a: number, b: number): XorCase {
  const { dtMs, durationMs } = TV_LIF2HH_SETTINGS;
  const steps = Math.round(durationMs / dtMs);
  const kept = Math.ceil(steps / KEEP_EVERY);
  const voltages = {
    timesMs: Float64Array.from({ length: kept }, (_, i) => i * KEEP_EVERY * dtMs),
    hh: new Float64Array(kept),
    lif: new Float64Array(kept),
  };
  const inputs = [new CoupledPair(), new CoupledPair()];
  const output = new CoupledPair();
  for (let i = 0; i < steps; i++) {
    const t = i * dtMs;
    let hhCurrent = 0;
    let lifCurrent = 0;
    inputs.forEach((neuron, k) => {
      const level = LEVELS[k === 0 ? a : b]!;
      neuron.step(t, level, level);
      if (neuron.hhIsActive) hhCurrent += WEIGHTS[k]!;
      if (neuron.lifIsActive) lifCurrent += WEIGHTS[k]!;
    });
    output.step(t, hhCurrent, lifCurrent);
    if (i % KEEP_EVERY === 0) {
      voltages.hh[i / KEEP_EVERY] = output.hhVoltage;
      voltages.lif[i / KEEP_EVERY] = output.lifVoltage;
    }
  }
  return {
    inputs: [a, b],
    ...compareSpikes(output.hhSpikeTimesMs, output.lifSpikeTimesMs),
    maxAbsVoltageDifferenceMv: Math.max(...[...inputs, output].map((pair) => pair.maxAbsVoltageDifferenceMv)),
    voltages,
  };
}
