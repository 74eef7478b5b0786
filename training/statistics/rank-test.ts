/** Whether scores of one sample are higher than those of another. */
export interface RankComparison {
  /** Share of the pairs in which the first is higher, ties counting half: P(X > Y), the Mann-Whitney statistic. */
  readonly probability: number;
  /** How often pure chance sets two samples as far apart as these or farther, to either side. */
  readonly p: number;
}

/** Splits that are counted one by one; 10 against 10 are 184,756. */
const MOST_SPLITS = 1_000_000;

/**
 * The exact two-sided rank test of Mann and Whitney (Annals of Mathematical Statistics 18, 50-60, 1947), ties counting half:
 * of all ways to split the pooled scores into samples of these sizes, the share whose statistic lies as far from one half
 * as the observed one or farther. It asks for nothing but independent runs, and is exact for as few as one likes: three
 * against three that do not overlap are p = 2 / 20.
 *
 * @throws RangeError for an empty sample, or for more splits than can be counted
 */
export function rankTest(x: readonly number[], y: readonly number[]): RankComparison {
  if (x.length === 0 || y.length === 0) {
    throw new RangeError(`rank test: ${x.length} scores against ${y.length}, expected at least one of each`);
  }
  const pooled = [...x, ...y];
  // For each score, over how many of the pooled it stands; summed over a sample it is the statistic and a constant.
  const standing = pooled.map((a) => pooled.reduce((sum, b) => sum + (a > b ? 1 : a === b ? 0.5 : 0), 0));
  const own = standing.slice(0, x.length).reduce((sum, s) => sum + s, 0);
  const [n, m] = [x.length, y.length];
  const middle = (n * (n + m)) / 2;
  if (choose(n + m, n) > MOST_SPLITS) {
    throw new RangeError(
      `rank test: ${n} scores against ${m} have more than ${MOST_SPLITS} splits; compare samples this large by a bootstrap interval`,
    );
  }
  let [splits, asFar] = [0, 0];
  const visit = (from: number, left: number, sum: number): void => {
    if (left === 0) {
      splits++;
      if (Math.abs(sum - middle) >= Math.abs(own - middle) - 1e-9) asFar++;
      return;
    }
    for (let i = from; i <= n + m - left; i++) visit(i + 1, left - 1, sum + standing[i]!);
  };
  visit(0, n, 0);
  // Pairs within the first sample give n / 2 a score, whatever they are.
  return { probability: (own - (n * n) / 2) / (n * m), p: asFar / splits };
}

/** Ways to choose k of n. */
function choose(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i++) ways *= (n - k + i) / i;
  return ways;
}
