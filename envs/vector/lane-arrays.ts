/** The numbers of all environments of a vector: views of one buffer, which threads may share. Row i is environment i. */
export interface LaneArrays {
  /** [count * actionSize], float64: what was given reaches the environment unrounded. */
  readonly actions: Float64Array;
  readonly rewards: Float64Array;
  readonly observations: Float32Array;
  readonly finalObservations: Float32Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
}

export interface LaneSizes {
  readonly count: number;
  readonly observationSize: number;
  readonly actionSize: number;
}

export function laneBytes({ count, observationSize, actionSize }: LaneSizes): number {
  return count * (8 * (actionSize + 1) + 4 * 2 * observationSize + 2);
}

/** Widest numbers first, so that each view is aligned. */
export function viewLanes(buffer: ArrayBufferLike, sizes: LaneSizes): LaneArrays {
  const { count, observationSize, actionSize } = sizes;
  let at = 0;
  const take = (bytes: number): number => {
    const start = at;
    at += bytes;
    return start;
  };
  const cells = count * observationSize;
  return {
    actions: new Float64Array(buffer, take(8 * count * actionSize), count * actionSize),
    rewards: new Float64Array(buffer, take(8 * count), count),
    observations: new Float32Array(buffer, take(4 * cells), cells),
    finalObservations: new Float32Array(buffer, take(4 * cells), cells),
    terminated: new Uint8Array(buffer, take(count), count),
    truncated: new Uint8Array(buffer, take(count), count),
  };
}
