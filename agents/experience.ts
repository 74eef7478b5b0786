/** Observations of `batch` episodes side by side over `burnIn + steps` decisions, time first. */
export interface ObservedSequence {
  readonly batch: number;
  /** Steps that are learnt from. */
  readonly steps: number;
  /** Steps before them that only bring the memory up to date. */
  readonly burnIn: number;
  /** [burnIn + steps, window, batch, observation], the oldest of a window first. */
  readonly observation: Float32Array;
  /** [batch, memory] before the first step, as it was when it happened; empty for a policy without. */
  readonly memory: Float32Array;
  /** [burnIn + steps, batch], 1 where an episode starts: the memory is at rest there. */
  readonly starts: Float32Array;
  /** Where values of several steps later are wanted of a policy that carries memory. */
  readonly lookAhead?: LookAhead;
}

/** What brings the memory from a step to the later one whose value is wanted. */
export interface LookAhead {
  /** Decisions after the last step of the sequence; `observation` and `starts` go on over them. */
  readonly steps: number;
  /** [steps of the sequence, batch], decisions from each to that value: 1 where it is the next. */
  readonly hops: Float32Array;
}

/**
 * What off-policy algorithms learn from: `batch` sequences of `burnIn + steps` transitions side by side, time first, so
 * that the newest observation of a step is one contiguous slice. Where the neurons are at rest at the start of every
 * decision, a sequence is one transition.
 */
export interface TransitionBatch extends ObservedSequence {
  /** `[steps, window, batch, observation]`: the windows `nStep` steps later, or at the end of the episode. */
  readonly nextObservation: Float32Array;
  /** [steps, batch, action], as the policy gave it. */
  readonly action: Float32Array;
  /** [steps, batch], the discounted sum over the steps in between. */
  readonly reward: Float32Array;
  /**
   * [steps, batch], the weight of the value at `nextObservation`: gamma^n, and 0 where the task ended there (never where
   * only time ran out).
   */
  readonly discount: Float32Array;
}

/** What on-policy algorithms learn from: `steps` steps of `lanes` environments side by side under one policy. */
export interface Rollout {
  readonly lanes: number;
  readonly steps: number;
  /** [steps, window, lanes, observation]. */
  readonly observation: Float32Array;
  /** `[steps, window, lanes, observation]`: one step later, at the end of an episode its last observation. */
  readonly nextObservation: Float32Array;
  /** [steps, lanes, action], as the policy gave it (before any clipping). */
  readonly action: Float32Array;
  /** [steps, lanes]. */
  readonly reward: Float32Array;
  /** [steps, lanes], 1 where the task ended. */
  readonly terminated: Float32Array;
  /** [steps, lanes], 1 where the episode ended, for whatever reason. */
  readonly ended: Float32Array;
  /** [lanes, memory] before the first step; empty for a policy without. */
  readonly memory: Float32Array;
  /** [steps, lanes], 1 where an episode starts: the memory is at rest there. */
  readonly starts: Float32Array;
}
