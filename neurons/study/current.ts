import { FileError, UsageError } from "../../core/errors.ts";

/** A current over time, smooth but for a set of moments. */
export interface Current {
  /** Its value at t (ms); where it jumps, the one after. */
  at(tMs: number): number;
  /** Its value just before t. */
  before(tMs: number): number;
  /** Moments, rising, where it or its slope jumps; integrators take no step across one. */
  readonly breaksMs: ArrayLike<number>;
  readonly lowest: number;
  readonly highest: number;
}

/** The same current at all times. */
export function constantCurrent(value: number): Current {
  if (!Number.isFinite(value)) throw new UsageError(`current is ${value}, expected a finite number`);
  return { at: () => value, before: () => value, breaksMs: [], lowest: value, highest: value };
}

/** What a sampled current is between two samples: the first of them, or on the straight line from one to the other. */
export type Interpolation = "hold" | "linear";

/**
 * A current given by samples. Before the first it is zero, after the last it keeps that value.
 *
 * @param timesMs rising; two samples at the same time are a jump where lines are drawn between samples
 * @throws FileError where a number is not finite or time runs backwards: at which time, in which sample
 */
export function sampledCurrent(
  timesMs: ArrayLike<number>,
  values: ArrayLike<number>,
  interpolation: Interpolation,
): Current {
  const count = timesMs.length;
  let lowest = 0;
  let highest = 0;
  const breaks: number[] = [];
  for (let i = 0; i < count; i++) {
    const t = timesMs[i]!;
    const value = values[i]!;
    if (!Number.isFinite(t)) {
      throw new FileError(`current: the time of sample ${i} is ${t}, expected a finite number of ms`);
    }
    if (!Number.isFinite(value)) {
      throw new FileError(`current at ${t} ms is ${value} (sample ${i}), expected a finite number`);
    }
    if (i > 0 && (t < timesMs[i - 1]! || (interpolation === "hold" && t === timesMs[i - 1]!))) {
      throw new FileError(
        `current: sample ${i} is at ${t} ms, after one at ${timesMs[i - 1]} ms; expected rising times`,
      );
    }
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
    if (interpolation === "linear" || value !== (values[i - 1] ?? 0)) breaks.push(t);
  }
  // A simulation moves forward: the last place is nearly always the next one's, too.
  let cursor = 0;
  /** The last sample not after t, or before t where `strictly`; -1 before the first. */
  const find = (t: number, strictly: boolean): number => {
    const isPast = (i: number) => (strictly ? timesMs[i]! < t : timesMs[i]! <= t);
    while (cursor < count && isPast(cursor)) cursor++;
    while (cursor > 0 && !isPast(cursor - 1)) cursor--;
    return cursor - 1;
  };
  const evaluate = (t: number, strictly: boolean): number => {
    const i = find(t, strictly);
    if (i < 0) return 0;
    if (interpolation === "hold" || i === count - 1) return values[i]!;
    const share = (t - timesMs[i]!) / (timesMs[i + 1]! - timesMs[i]!);
    return values[i]! + share * (values[i + 1]! - values[i]!);
  };
  return {
    at: (t) => evaluate(t, false),
    before: (t) => evaluate(t, true),
    breaksMs: breaks,
    lowest,
    highest,
  };
}
