import { type HodgkinHuxley, hodgkinHuxleySchema } from "../study/hodgkin-huxley.ts";
import type { ChainInput } from "./chain-inputs.ts";
import { stepEuler } from "./euler-hh.ts";
import { type Comparison, compareSpikes, type VoltagePair } from "./result.ts";
import { type SLif2Hh, SLif2HhNeuron } from "./s-lif2hh.ts";

export const CHAIN_DURATION_MS = 80;
const HH_DT_MS = 0.001;
/** Classic convention: mV above a rest of -65 mV. */
const REST_MV = -65;
/** A spike, mV above rest. */
const SPIKE_MV = 70;
/** V (mV above rest), m, h, n at the start: a neuron that has just fired, h low and n high. */
const START = [0, 0.0489, 0.1341, 0.6446];
/** Current into the second Hodgkin-Huxley neuron while the first is above the spike's level: 1e5 dt, uA/cm2. */
const HH_SYNAPSE = 1e5 * HH_DT_MS;
/** Steps from one kept voltage to the next. */
const KEEP_EVERY = 50;

/** Potentials as published: 115, -12 and 10.6 mV above rest. */
const NEURON: HodgkinHuxley = hodgkinHuxleySchema.parse({ eL: REST_MV + 10.6 });

/** Of the second neuron, Hodgkin-Huxley's voltage in mV above rest and the LIF chain's fourth membrane. */
export interface ChainResult extends Comparison {
  /** Spikes of the first neuron of both chains. */
  readonly first: { readonly hh: readonly number[]; readonly lif: readonly number[] };
  readonly voltages: VoltagePair;
}

/** Spikes of two Hodgkin-Huxley neurons in a chain (forward Euler, 0.001 ms), and the second's voltage. */
export interface HhChain {
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly timesMs: Float64Array;
  readonly voltages: Float64Array;
}

export function simulateHhChain(input: ChainInput): HhChain {
  const steps = Math.round(CHAIN_DURATION_MS / HH_DT_MS);
  const states = [0, 1].map(() => Float64Array.of(REST_MV + START[0]!, START[1]!, START[2]!, START[3]!));
  const spikes: [number[], number[]] = [[], []];
  const kept = Math.ceil(steps / KEEP_EVERY);
  const voltages = new Float64Array(kept);
  const isAbove = (k: number) => states[k]![0]! > REST_MV + SPIKE_MV;
  for (let i = 0; i < steps; i++) {
    const t = i * HH_DT_MS;
    for (let k = 0; k < 2; k++) {
      const was = isAbove(k);
      const current = k === 0 ? input.at(t) : isAbove(0) ? HH_SYNAPSE : 0;
      stepEuler(NEURON, states[k]!, current, HH_DT_MS);
      if (isAbove(k) && !was) spikes[k]!.push(t);
    }
    if (i % KEEP_EVERY === 0) voltages[i / KEEP_EVERY] = states[1]![0]! - REST_MV;
  }
  const timesMs = Float64Array.from({ length: kept }, (_, i) => i * KEEP_EVERY * HH_DT_MS);
  return { first: spikes[0], second: spikes[1], timesMs, voltages };
}

/** Spikes of two s-LIF2HH neurons in a chain, and the second's fourth membrane after each tick. */
export interface LifChain {
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly membranes: Float64Array;
}

/** Each tick takes the input in its middle; a spike's time is its tick's begin. */
export function simulateLifChain(input: ChainInput, constants: SLif2Hh): LifChain {
  const ticks = Math.round(CHAIN_DURATION_MS / constants.dtMs);
  const neurons = [new SLif2HhNeuron(constants), new SLif2HhNeuron(constants)] as const;
  const first: number[] = [];
  const second: number[] = [];
  const membranes = new Float64Array(ticks);
  for (let i = 0; i < ticks; i++) {
    const t = i * constants.dtMs;
    const spiked = neurons[0].drive(input.at(t + constants.dtMs / 2));
    if (spiked) first.push(t);
    if (neurons[1].receive(spiked)) second.push(t);
    membranes[i] = neurons[1].membrane;
  }
  return { first, second, membranes };
}

/**
 * A chain of two neurons, once Hodgkin-Huxley and once s-LIF2HH, under the same input into the first; what is compared
 * are the spikes of the second.
 */
export function simulateChain(input: ChainInput, constants: SLif2Hh): ChainResult {
  const hh = simulateHhChain(input);
  const lif = simulateLifChain(input, constants);
  return {
    ...compareSpikes(hh.second, lif.second),
    first: { hh: hh.first, lif: lif.first },
    voltages: {
      timesMs: hh.timesMs,
      hh: hh.voltages,
      // Each tick's membrane as long as the tick lasts.
      lif: Float64Array.from(hh.timesMs, (t) => lif.membranes[Math.floor(t / constants.dtMs + 1e-9)]!),
    },
  };
}
