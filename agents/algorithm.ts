import type { Rng } from "../core/rng.ts";

/** Arrays of a learner, by name, and the rest of its state as JSON: what a checkpoint holds. */
export interface LearnerSnapshot {
  readonly arrays: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly values: Float32Array }>
  >;
  readonly state: Readonly<Record<string, unknown>>;
}

/** A batch of experience, time first, so that the newest observation is one contiguous slice. */
export interface TransitionBatch {
  readonly batch: number;
  /** [window, batch, observation], oldest first. */
  readonly observation: Float32Array;
  /** The same one step later. */
  readonly nextObservation: Float32Array;
  /** [batch, action], in (-1, 1). */
  readonly action: Float32Array;
  readonly reward: Float32Array;
  /** 1 where the task ended there (never where only time ran out). */
  readonly terminated: Float32Array;
}

/** Named scalars of one update. */
export type UpdateMetrics = Readonly<Record<string, number>>;

/** What happened inside a policy during one decision, for the recorder. */
export interface DecisionTrace {
  /** [action], in (-1, 1). */
  readonly action: Float32Array;
  /** [ticks, units], the number of spikes in each tick. */
  readonly spikes: Float32Array;
  /** What the heads see of each unit: its mean output over the decision. */
  readonly rates: Float32Array;
  /** [ticks, neurons, variables] of the neurons asked for. */
  readonly variables: Float32Array;
  /** The critics' estimate of the return from here, if there are any. */
  readonly value: number;
}

/** What a picture of the network draws. */
export interface PopulationDescription {
  /** Mean of d action / d rate of each neuron: how much, and which way, the action hangs on it. */
  readonly sensitivity: Float32Array;
  /** [units, inputs], inputs fastest. */
  readonly inputWeights: Float32Array;
}

/**
 * An agent that learns from transitions. Its whole state can be taken out and put back; everything random comes from
 * the stream it is handed.
 */
export interface Agent {
  readonly id: string;
  /** Trainable parameters of the policy. */
  readonly policyParameters: number;
  /**
   * Actions in (-1, 1) for a batch of observation windows.
   *
   * @param windows [window, batch, observation]
   * @param rng draws the exploration noise; null: the mean action
   * @param out [batch, action]
   */
  act(windows: Float32Array, batch: number, rng: Rng | null, out: Float32Array): void;
  /** One gradient update. Throws a SpikegymError when a loss is not finite. */
  update(batch: TransitionBatch, rng: Rng): UpdateMetrics;
  /** One decision with everything kept (batch 1, mean action). */
  trace(window: Float32Array, neurons: readonly number[]): DecisionTrace;

  /** How the population hangs together with what it sees and does, at these windows [window, batch, observation]. */
  describePopulation(windows: Float32Array, batch: number): PopulationDescription;
  snapshot(): LearnerSnapshot;
  restore(snapshot: LearnerSnapshot): void;
  dispose(): void;
}
