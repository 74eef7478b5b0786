import type { HodgkinHuxley } from "./hodgkin-huxley.ts";

/** The voltage (mV) and its slope (mV/ms) at a time. */
export interface Moment {
  readonly tMs: number;
  readonly v: number;
  readonly slope: number;
}

/** A peak below this is no spike, however fast it was reached: a strong pulse alone lifts the voltage there, mV. */
const LOWEST_PEAK_MV = -40;

/**
 * Finds spikes in a voltage that is shown to it step by step.
 *
 * A spike is an upward crossing of the threshold. Under a strong current the action potentials of a Hodgkin-Huxley neuron
 * become lower (at 70 uA/cm2 they end at -4 mV), so one that turns round below the threshold counts too if it rose faster
 * than `weakSpikeMvPerMs`; its time is that of its peak. The two meet where a peak just touches the threshold.
 */
export class SpikeDetector {
  readonly #neuron: HodgkinHuxley;
  readonly #report: (tMs: number) => void;
  /** Steepest slope since the voltage last began to rise; negative while it falls. */
  #steepest = Number.NEGATIVE_INFINITY;
  /** This rise has crossed the threshold already. */
  #isCounted = false;

  constructor(neuron: HodgkinHuxley, report: (tMs: number) => void) {
    this.#neuron = neuron;
    this.#report = report;
  }

  /**
   * Shows one step. Without `valueAt` the voltage between is the cubic through both ends with both slopes.
   *
   * @param valueAt the voltage at a time within the step, mV
   */
  see(from: Moment, to: Moment, valueAt: (tMs: number) => number = (t) => cubic(from, to, t)): void {
    const { thresholdMv, weakSpikeMvPerMs } = this.#neuron;
    // The slope jumps with the current: a rise may end at the very start of a step.
    if (from.slope <= 0) this.#turn(from.tMs, from.v);
    else this.#steepest = Math.max(this.#steepest, from.slope);
    if (from.v <= thresholdMv && to.v > thresholdMv) {
      this.#isCounted = true;
      this.#report(bisect((t) => valueAt(t) > thresholdMv, from.tMs, to.tMs));
    }
    if (weakSpikeMvPerMs !== null && from.slope > 0 && to.slope <= 0) {
      const peak = findPeak(from, to);
      this.#turn(peak, valueAt(peak));
    }
  }

  /** The voltage stops rising. */
  #turn(tMs: number, v: number): void {
    const { thresholdMv, weakSpikeMvPerMs } = this.#neuron;
    const isWeakSpike =
      weakSpikeMvPerMs !== null &&
      this.#steepest >= weakSpikeMvPerMs &&
      v > LOWEST_PEAK_MV &&
      v <= thresholdMv;
    if (isWeakSpike && !this.#isCounted) this.#report(tMs);
    this.#steepest = Number.NEGATIVE_INFINITY;
    this.#isCounted = false;
  }
}

/** The cubic with both ends' values and slopes. */
function cubic(from: Moment, to: Moment, tMs: number): number {
  const h = to.tMs - from.tMs;
  const s = (tMs - from.tMs) / h;
  const rise = to.v - from.v;
  const [a, b] = [h * from.slope, h * to.slope];
  return from.v + s * (a + s * (3 * rise - 2 * a - b + s * (a + b - 2 * rise)));
}

/** Where that cubic, rising at first and falling at last, has its peak. */
function findPeak(from: Moment, to: Moment): number {
  const h = to.tMs - from.tMs;
  const rise = to.v - from.v;
  const [a, b] = [h * from.slope, h * to.slope];
  const slopeAt = (s: number) => a + s * (2 * (3 * rise - 2 * a - b) + s * 3 * (a + b - 2 * rise));
  return from.tMs + h * bisect((s) => slopeAt(s) <= 0, 0, 1);
}

/** The smallest number, to rounding, from which on `holds` is true; it is not at `low` and is at `high`. */
function bisect(holds: (x: number) => boolean, low: number, high: number): number {
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return high;
    if (holds(middle)) high = middle;
    else low = middle;
  }
}
