import { mean as meanOf, standardDeviation } from "../../training/statistics/descriptive.ts";
import { studentT } from "../../training/statistics/student-t.ts";

export interface MeanInterval {
  readonly mean: number;
  /** Half the width of the mean's 95 % interval (Student's t); null for one value. */
  readonly half: number | null;
}

/** Mean of shares in percent, with its interval. */
export function meanAndInterval(shares: readonly number[]): MeanInterval {
  const n = shares.length;
  const mean = 100 * meanOf(shares);
  if (n < 2) return { mean, half: null };
  return { mean, half: (studentT(0.95, n - 1) * 100 * standardDeviation(shares)) / Math.sqrt(n) };
}

/** A share for each seed. */
export type SharesBySeed = ReadonlyMap<number, number>;

/**
 * The mean difference `one - other` in points, over the seeds that both have, with its interval; null without such a
 * seed. Paired and not Welch's: runs of one seed see the samples in the same order and draw their weights from the same
 * stream, so they are not independent, and the interval of their differences needs no word on how they hang together.
 */
export function pairedDifference(
  one: SharesBySeed,
  other: SharesBySeed,
): (MeanInterval & { readonly pairs: number }) | null {
  const differences = [...one].flatMap(([seed, share]) => {
    const against = other.get(seed);
    return against === undefined ? [] : [share - against];
  });
  return differences.length === 0 ? null : { ...meanAndInterval(differences), pairs: differences.length };
}

/** "84.36 [83.93, 84.79]" */
export function showInterval({ mean, half }: MeanInterval, sign = false): string {
  const show = (x: number) => `${sign && x >= 0 ? "+" : ""}${x.toFixed(2)}`;
  return half === null ? show(mean) : `${show(mean)} [${show(mean - half)}, ${show(mean + half)}]`;
}
