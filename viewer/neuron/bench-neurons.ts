import { publishedConstants } from "../../neurons/equivalence/chain-settings.ts";
import { stepEuler } from "../../neurons/equivalence/euler-hh.ts";
import { SLif2HhNeuron } from "../../neurons/equivalence/s-lif2hh.ts";
import { TvLif2Hh } from "../../neurons/equivalence/tv-lif2hh.ts";
import {
  gateRates,
  type HodgkinHuxley,
  hodgkinHuxleySchema,
  startState,
} from "../../neurons/study/hodgkin-huxley.ts";

/** One neuron under the bench's current, which is in uA/cm2. */
export interface BenchNeuron {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  /** What its membrane is drawn between. */
  readonly range: readonly [low: number, high: number];
  readonly membrane: number;
  /** A step of `benchStepMs`; whether it spiked in it. */
  step(current: number): boolean;
}

/** Forward Euler is stable up to 0.06 ms; 0.01 ms is within 0.1 % of the settled rate. */
export const benchStepMs = 0.01;

export const benchConstants: HodgkinHuxley = hodgkinHuxleySchema.parse({});

/** Hodgkin and Huxley's neuron, and beside it the four LIF neurons that borrow its conductances. */
export class HhPair {
  /** V (mV), m, h, n. */
  readonly state = startState(benchConstants);
  readonly #lif = new TvLif2Hh(benchConstants, this.state[0]!);

  get hh(): BenchNeuron {
    const pair = this;
    return {
      id: "hh",
      name: "HH",
      unit: "mV",
      range: [-85, 50],
      get membrane() {
        return pair.state[0]!;
      },
      step: (current) => pair.#step(current),
    };
  }

  /** To be stepped by its neighbour: it has no conductances of its own. */
  get tvLif2Hh(): BenchNeuron {
    const pair = this;
    let last = this.#lif.voltage;
    return {
      id: "tv-lif2hh",
      name: "tv-LIF2HH",
      unit: "mV",
      range: [-85, 50],
      get membrane() {
        return pair.#lif.voltage;
      },
      step: () => {
        const spiked = last <= 0 && pair.#lif.voltage > 0;
        last = pair.#lif.voltage;
        return spiked;
      },
    };
  }

  #step(current: number): boolean {
    const before = this.state[0]!;
    const open = stepEuler(benchConstants, this.state, current, benchStepMs);
    this.#lif.step(open, current, benchStepMs);
    return before <= 0 && this.state[0]! > 0;
  }
}

/** A leaky integrate-and-fire neuron in mV, fitted to the first: the same rest, rheobase and refractory time. */
export const lifConstants = {
  restMv: -65,
  thresholdMv: -50,
  resetMv: -70,
  tauMs: 8,
  refractoryMs: 3,
  rheobase: 6.26,
};

export class LifNeuron implements BenchNeuron {
  readonly id = "lif";
  readonly name = "LIF";
  readonly unit = "mV";
  readonly range = [-85, 50] as const;
  membrane = lifConstants.restMv;
  #restingMs = 0;

  step(current: number): boolean {
    const { restMv, thresholdMv, resetMv, tauMs, refractoryMs, rheobase } = lifConstants;
    if (this.#restingMs > 0) {
      this.#restingMs -= benchStepMs;
      this.membrane = resetMv;
      return false;
    }
    const resistance = (thresholdMv - restMv) / rheobase;
    this.membrane += (benchStepMs / tauMs) * (restMv - this.membrane + resistance * current);
    if (this.membrane < thresholdMv) return false;
    this.membrane = resetMv;
    this.#restingMs = refractoryMs;
    return true;
  }
}

/** The settled rate of the fitted LIF neuron, Hz. */
export function lifRateHz(current: number): number {
  const { restMv, thresholdMv, resetMv, tauMs, refractoryMs, rheobase } = lifConstants;
  const end = restMv + ((thresholdMv - restMv) / rheobase) * current;
  if (end <= thresholdMv) return 0;
  return 1000 / (refractoryMs + tauMs * Math.log((end - resetMv) / (end - thresholdMv)));
}

/** The paper's simplified stand-in, tick by tick of 1 ms, with the released constants. */
export class SLif2HhOnBench implements BenchNeuron {
  readonly id = "s-lif2hh";
  readonly name = "s-LIF2HH";
  readonly unit = "";
  readonly range = [-50, 1200] as const;
  readonly #neuron = new SLif2HhNeuron(publishedConstants);
  #steps = 0;
  #sum = 0;

  get membrane(): number {
    return this.#neuron.membrane;
  }

  step(current: number): boolean {
    this.#sum += current;
    this.#steps++;
    const perTick = Math.round(publishedConstants.dtMs / benchStepMs);
    if (this.#steps < perTick) return false;
    const mean = this.#sum / perTick;
    this.#steps = 0;
    this.#sum = 0;
    return this.#neuron.drive(mean);
  }
}

/** Settled rates of the Hodgkin-Huxley neuron, Hz, one current after another, so that a page can breathe in between. */
export function* hhRates(
  currents: readonly number[],
  durationMs = 300,
): Generator<{ current: number; rateHz: number }> {
  for (const current of currents) {
    const state = startState(benchConstants);
    const times: number[] = [];
    let before = state[0]!;
    for (let i = 0; i < durationMs / benchStepMs; i++) {
      stepEuler(benchConstants, state, current, benchStepMs);
      if (before <= 0 && state[0]! > 0) times.push(i * benchStepMs);
      before = state[0]!;
    }
    // The second half has settled.
    const late = times.filter((t) => t >= durationMs / 2);
    yield { current, rateHz: late.length < 2 ? 0 : (1000 * (late.length - 1)) / (late.at(-1)! - late[0]!) };
  }
}

const rates = new Float64Array(6);

/** Where n stands still at V. */
export function steadyN(v: number): number {
  gateRates(v, rates);
  return rates[4]! / (rates[4]! + rates[5]!);
}

/**
 * Where V stands still in the plane of V and n, with m at its steady value and h = 0.8 - n (the usual reduction to two
 * variables): the n that makes dV/dt 0 under a current; NaN where there is none.
 */
export function voltageNullclineN(v: number, current: number): number {
  const { gNa, gK, gL, eNa, eK, eL } = benchConstants;
  gateRates(v, rates);
  const m = rates[0]! / (rates[0]! + rates[1]!);
  const slope = (n: number) =>
    current - gNa * m ** 3 * Math.max(0, 0.8 - n) * (v - eNa) - gK * n ** 4 * (v - eK) - gL * (v - eL);
  let [low, high] = [0, 1];
  if (slope(low) < 0 || slope(high) > 0) return Number.NaN;
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (slope(middle) > 0) low = middle;
    else high = middle;
  }
  return low;
}
