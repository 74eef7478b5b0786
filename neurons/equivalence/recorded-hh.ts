import { ShapeError, UsageError } from "../../core/errors.ts";
import type { Current } from "../study/current.ts";
import { conductances, type HodgkinHuxley, STATE_NAMES } from "../study/hodgkin-huxley.ts";
import { SpikeDetector } from "../study/spike-detector.ts";
import type { Trace, TraceColumn } from "../study/trace.ts";
import { TvLif2Hh } from "./tv-lif2hh.ts";

/** A Hodgkin-Huxley neuron over time, in equal steps; every array is as long as `timesMs`. */
export interface RecordedHh {
  readonly timesMs: ArrayLike<number>;
  /** What it was given, uA/cm2. */
  readonly current: ArrayLike<number>;
  /** V (mV), m, h, n. */
  readonly states: Readonly<Record<(typeof STATE_NAMES)[number], ArrayLike<number>>>;
}

export interface FollowedRecording {
  readonly spikeTimesMs: readonly number[];
  readonly trace: Trace;
  /** Between the four LIF neurons' voltage and the recorded one. */
  readonly maxAbsVoltageDifferenceMv: number;
}

/** No voltage of a stable run comes near. */
const LARGEST_MV = 1000;

/**
 * The four LIF neurons of tv-LIF2HH beside a recording: its conductances g_Na m^3 h and g_K n^4 are borrowed sample by
 * sample, one step of forward Euler from each to the next.
 *
 * The voltages differ by rounding where the recording was made by forward Euler at the same step, and by that method's
 * error where another made it. Under a current that is not the recorded one, the neuron keeps the recorded one's
 * conductances: then it is no Hodgkin-Huxley neuron any more.
 *
 * @param current instead of the recorded one
 * @throws ShapeError, UsageError where the recording's columns do not fit, its steps are unequal or too large
 */
export function* followRecording(
  neuron: HodgkinHuxley,
  recorded: RecordedHh,
  current?: Current,
): Generator<number, FollowedRecording> {
  const dtMs = stepOf(recorded);
  const { timesMs, states } = recorded;
  const samples = timesMs.length;
  const lif = new TvLif2Hh(neuron, states.V[0]!);
  const spikeTimesMs: number[] = [];
  const detector = new SpikeDetector(neuron, (t) => spikeTimesMs.push(t));
  const currents = Float64Array.from({ length: samples }, (_, i) =>
    current === undefined ? recorded.current[i]! : current.at(timesMs[i]!),
  );
  const voltages = new Float64Array(samples);
  voltages[0] = lif.voltage;
  let largest = 0;
  const state = new Float64Array(4);
  let slope = 0;
  for (let i = 0; i + 1 < samples; i++) {
    STATE_NAMES.forEach((name, k) => {
      state[k] = states[name][i]!;
    });
    lif.step(conductances(neuron, state), currents[i]!, dtMs);
    const v = lif.voltage;
    if (!(Math.abs(v) < LARGEST_MV)) {
      throw new UsageError(
        `tv-lif2hh: at ${timesMs[i + 1]} ms the voltage is ${v}: the recording's step of ${dtMs} ms is too large for forward Euler; record it in smaller ones`,
      );
    }
    voltages[i + 1] = v;
    largest = Math.max(largest, Math.abs(v - states.V[i + 1]!));
    const next = (v - voltages[i]!) / dtMs;
    const from = { tMs: timesMs[i]!, v: voltages[i]!, slope: i === 0 ? next : slope };
    detector.see(from, { tMs: timesMs[i + 1]!, v, slope: next }, (t) => {
      return voltages[i]! + next * (t - timesMs[i]!);
    });
    slope = next;
    if (i % 4096 === 4095) yield timesMs[i + 1]!;
  }
  const column = (
    name: string,
    unit: string,
    role: TraceColumn["role"],
    values: ArrayLike<number>,
  ): TraceColumn => ({ name, unit, role, values: Float64Array.from(values) });
  return {
    spikeTimesMs,
    maxAbsVoltageDifferenceMv: largest,
    trace: {
      timesMs: Float64Array.from(timesMs),
      spikeTimesMs,
      threshold: neuron.thresholdMv,
      columns: [
        column("I", "uA/cm2", "input", currents),
        column("V", "mV", "membrane", voltages),
        column("V_recorded", "mV", "membrane", states.V),
      ],
    },
  };
}

/** The step from sample to sample, ms. */
export function stepOf({ timesMs, current, states }: RecordedHh): number {
  const samples = timesMs.length;
  if (samples < 2) throw new UsageError(`tv-lif2hh: ${samples} recorded samples, expected at least 2`);
  for (const [name, { length }] of [
    ["I", current] as const,
    ...STATE_NAMES.map((n) => [n, states[n]] as const),
  ]) {
    if (length !== samples)
      throw new ShapeError(`tv-lif2hh: the recording's ${name}`, [length], `[${samples}]`);
  }
  const dtMs = (timesMs[samples - 1]! - timesMs[0]!) / (samples - 1);
  for (let i = 0; i + 1 < samples; i++) {
    const step = timesMs[i + 1]! - timesMs[i]!;
    if (!(Math.abs(step - dtMs) <= 1e-3 * dtMs)) {
      throw new UsageError(
        `tv-lif2hh: the recorded step after ${timesMs[i]} ms is ${step} ms, expected ${dtMs} ms as in the mean; record in equal steps`,
      );
    }
  }
  return dtMs;
}
