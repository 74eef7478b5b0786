/** Two neurons side by side over time, for pictures. */
export interface VoltagePair {
  readonly timesMs: Float64Array;
  readonly hh: Float64Array;
  readonly lif: Float64Array;
}

/** What the two have in common and what not. */
export interface Comparison {
  readonly hh: { readonly spikeTimesMs: readonly number[] };
  readonly lif: { readonly spikeTimesMs: readonly number[] };
  readonly countsEqual: boolean;
  /** Mean distance of the spikes in turn, over the Hodgkin-Huxley neuron's mean interval; null without two spikes. */
  readonly relativeTimingError: number | null;
  /** Difference of the mean intervals, ms; null where either has less than two spikes. */
  readonly intervalDifferenceMs: number | null;
}

/** Compares two spike trains; where the counts differ, the first ones are paired as far as the shorter train goes. */
export function compareSpikes(hh: readonly number[], lif: readonly number[]): Comparison {
  const paired = Math.min(hh.length, lif.length);
  const interval = meanInterval(hh);
  let distance = 0;
  for (let i = 0; i < paired; i++) distance += Math.abs(hh[i]! - lif[i]!);
  const other = meanInterval(lif);
  return {
    hh: { spikeTimesMs: hh },
    lif: { spikeTimesMs: lif },
    countsEqual: hh.length === lif.length,
    relativeTimingError: paired === 0 || interval === null ? null : distance / paired / interval,
    intervalDifferenceMs: interval === null || other === null ? null : Math.abs(interval - other),
  };
}

function meanInterval(times: readonly number[]): number | null {
  return times.length < 2 ? null : (times.at(-1)! - times[0]!) / (times.length - 1);
}
