import type { NeuronVariable } from "../neuron-model.ts";
import type { Current } from "./current.ts";
import { conductances, type HodgkinHuxley, STATE_NAMES } from "./hodgkin-huxley.ts";

/** One quantity over time. */
export interface TraceColumn extends Omit<NeuronVariable, "role"> {
  readonly role: NeuronVariable["role"] | "input";
  readonly values: Float64Array;
}

/** Everything of one neuron over time; all columns are as long as `timesMs`. */
export interface Trace {
  readonly timesMs: Float64Array;
  readonly columns: readonly TraceColumn[];
  readonly spikeTimesMs: readonly number[];
  /** A membrane above this is a spike. */
  readonly threshold: number;
}

/** Sample times from 0 on. */
export function sampleTimes(samples: number, dtMs: number): Float64Array {
  return Float64Array.from({ length: samples }, (_, i) => i * dtMs);
}

/**
 * Voltage, gates, ionic currents (outward positive) and the injected current of a solved Hodgkin-Huxley neuron.
 *
 * @param states V, m, h, n of every sample, one row each
 */
export function traceHodgkinHuxley(
  neuron: HodgkinHuxley,
  current: Current,
  dtMs: number,
  run: { readonly states: Float64Array; readonly spikeTimesMs: readonly number[] },
): Trace {
  const { states, spikeTimesMs } = run;
  const samples = states.length / 4;
  const timesMs = sampleTimes(samples, dtMs);
  const column = (
    name: string,
    unit: string,
    role: TraceColumn["role"],
    valueAt: (i: number) => number,
  ): TraceColumn => ({
    name,
    unit,
    role,
    values: Float64Array.from({ length: samples }, (_, i) => valueAt(i)),
  });
  const v = (i: number) => states[4 * i]!;
  const open = (i: number) => conductances(neuron, states.subarray(4 * i, 4 * i + 4));
  return {
    timesMs,
    spikeTimesMs,
    threshold: neuron.thresholdMv,
    columns: [
      column("I", "uA/cm2", "input", (i) => current.at(timesMs[i]!)),
      column("V", "mV", "membrane", v),
      ...STATE_NAMES.slice(1).map((name, k) => column(name, "", "gate", (i) => states[4 * i + k + 1]!)),
      column("I_Na", "uA/cm2", "current", (i) => open(i).na * (v(i) - neuron.eNa)),
      column("I_K", "uA/cm2", "current", (i) => open(i).k * (v(i) - neuron.eK)),
      column("I_L", "uA/cm2", "current", (i) => neuron.gL * (v(i) - neuron.eL)),
    ],
  };
}
