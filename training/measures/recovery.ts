/** Every pole within this of upright counts as settled, rad. */
export const SETTLED_RAD = 0.1;

/** How an episode came through its disturbances. */
export interface Recovery {
  /** Mean time from a disturbance to the last moment outside the settled band, over those that were recovered from, s; null if none. */
  readonly settlingS: number | null;
  /** The largest angle from upright of any pole after a disturbance; the mean over the disturbances, rad. */
  readonly overshootRad: number;
  /** Share of the disturbances after which the poles were settled again before the next one or the end. */
  readonly recoveryShare: number;
}

/** What happened since one disturbance. */
interface Stretch {
  readonly sinceS: number;
  peakRad: number;
  lastOutsideS: number;
  settled: boolean;
}

/**
 * Follows the largest angle from upright through an episode cut up by its disturbances: the start, or, where there are
 * pushes, each of them. A stretch is recovered from if it ends within the settled band and not in a fall.
 */
export class RecoveryMeter {
  readonly #disturbancesS: readonly number[];
  readonly #done: Stretch[] = [];
  #now: Stretch | undefined;
  #next = 0;

  /** @param disturbancesS times of the pushes, rising; none: the start is the disturbance */
  constructor(disturbancesS: readonly number[]) {
    this.#disturbancesS = disturbancesS.length === 0 ? [0] : disturbancesS;
  }

  /** @param seconds since the start; @param angleRad largest angle from upright then */
  observe(seconds: number, angleRad: number): void {
    while (this.#next < this.#disturbancesS.length && seconds >= this.#disturbancesS[this.#next]!) {
      if (this.#now !== undefined) this.#done.push(this.#now);
      const sinceS = this.#disturbancesS[this.#next++]!;
      this.#now = { sinceS, peakRad: 0, lastOutsideS: sinceS, settled: false };
    }
    const now = this.#now;
    if (now === undefined) return;
    now.peakRad = Math.max(now.peakRad, angleRad);
    now.settled = angleRad <= SETTLED_RAD;
    if (!now.settled) now.lastOutsideS = seconds;
  }

  /** @param fell whether the episode ended in a fall */
  finish(fell: boolean): Recovery {
    if (this.#now !== undefined && fell) this.#now.settled = false;
    const stretches = [...this.#done, ...(this.#now === undefined ? [] : [this.#now])];
    const recovered = stretches.filter(({ settled }) => settled);
    const mean = (numbers: number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
    return {
      settlingS:
        recovered.length === 0
          ? null
          : mean(recovered.map(({ sinceS, lastOutsideS }) => lastOutsideS - sinceS)),
      overshootRad: stretches.length === 0 ? 0 : mean(stretches.map(({ peakRad }) => peakRad)),
      recoveryShare: stretches.length === 0 ? 0 : recovered.length / stretches.length,
    };
  }
}
