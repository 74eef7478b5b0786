import { type HodgkinHuxley, hodgkinHuxleySchema } from "../study/hodgkin-huxley.ts";
import { stepEuler } from "./euler-hh.ts";
import { TvLif2Hh } from "./tv-lif2hh.ts";

/** As in the paper: dt, the start, and what counts as a spike (modern convention). */
export const TV_LIF2HH_SETTINGS = { dtMs: 0.001, durationMs: 40, spikeAboveMv: -40 };

/** V (mV), m, h, n. */
const START = [-70, 0.0289, 0.7541, 0.2446];

const NEURON: HodgkinHuxley = hodgkinHuxleySchema.parse({});

/** A Hodgkin-Huxley neuron and, borrowing its conductances, its four LIF neurons; each under the input of its own network. */
export class CoupledPair {
  readonly #hh = Float64Array.from(START);
  readonly #lif = new TvLif2Hh(NEURON, START[0]!);
  readonly hhSpikeTimesMs: number[] = [];
  readonly lifSpikeTimesMs: number[] = [];
  maxAbsVoltageDifferenceMv = 0;
  /** Above the spike's level: what the next layer is sent. */
  hhIsActive = false;
  lifIsActive = false;

  get hhVoltage(): number {
    return this.#hh[0]!;
  }

  get lifVoltage(): number {
    return this.#lif.voltage;
  }

  /** One step that begins at `tMs`. */
  step(tMs: number, hhCurrent: number, lifCurrent: number): void {
    const { dtMs, spikeAboveMv } = TV_LIF2HH_SETTINGS;
    const open = stepEuler(NEURON, this.#hh, hhCurrent, dtMs);
    this.#lif.step(open, lifCurrent, dtMs);
    const difference = Math.abs(this.hhVoltage - this.lifVoltage);
    if (!(difference <= this.maxAbsVoltageDifferenceMv)) this.maxAbsVoltageDifferenceMv = difference;
    const hhIsActive = this.hhVoltage > spikeAboveMv;
    const lifIsActive = this.lifVoltage > spikeAboveMv;
    if (hhIsActive && !this.hhIsActive) this.hhSpikeTimesMs.push(tMs);
    if (lifIsActive && !this.lifIsActive) this.lifSpikeTimesMs.push(tMs);
    this.hhIsActive = hhIsActive;
    this.lifIsActive = lifIsActive;
  }
}
