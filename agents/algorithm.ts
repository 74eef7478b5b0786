import type { Tensor, Tensor3D } from "@tensorflow/tfjs-core";
import type { Rng } from "../core/rng.ts";
import type { Rollout, TransitionBatch } from "./experience.ts";
import type { SpikingActor } from "./spiking-actor.ts";

/** Arrays of a learner, by name, and the rest of its state as JSON: what a checkpoint holds. */
export interface LearnerSnapshot {
  readonly arrays: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly values: Float32Array }>
  >;
  readonly state: Readonly<Record<string, unknown>>;
}

/** Named scalars of one update. */
export type UpdateMetrics = Readonly<Record<string, number>>;

/** Where a run stands when an agent explores or learns. */
export interface Moment {
  /** Draws whatever is random. */
  readonly rng: Rng;
  /** Share of the run's steps that are done, 0 to 1: what schedules go by. */
  readonly progress: number;
}

/** What happened inside a policy during one decision, for the recorder. */
export interface DecisionTrace {
  /** [actionSize], as `act` gives it. */
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
  /** Mean of d action / d rate of each neuron: how much, and which way, the action hangs on them. */
  readonly sensitivity: Float32Array;
  /** [units, inputs], inputs fastest. */
  readonly inputWeights: Float32Array;
}

/**
 * A policy that learns. Its whole state can be taken out and put back; everything random comes from the stream it is
 * handed. What it learns from, transitions in any order or rollouts of its own, says `learnsFrom`.
 */
export type Agent = OffPolicyAgent | OnPolicyAgent;

/** What every agent can do, whatever it learns from. */
export interface BaseAgent {
  readonly id: string;
  /** The spiking network that decides. */
  readonly actor: SpikingActor;
  /** Trainable parameters of the policy. */
  readonly policyParameters: number;
  /**
   * What a policy carries from decision to decision at the start of an episode (its neurons at rest); empty where the
   * neurons are at rest at the start of every decision.
   */
  readonly restMemory: Float32Array;
  /**
   * Actions for a batch of observation windows: in (-1, 1), or outside where a Gaussian has been sampled (the caller
   * clips); a numbered choice is its number.
   *
   * @param windows [window, batch, observation]
   * @param explore null: the mean, or the best, action
   * @param out [batch, action]
   * @param memory [batch, restMemory.length], read and overwritten; may be absent where the policy has none
   */
  act(
    windows: Float32Array,
    batch: number,
    explore: Moment | null,
    out: Float32Array,
    memory?: Float32Array,
  ): void;
  /**
   * The action without exploration from the heads' outputs [members, batch, outputs], in plain tfjs ops: `act` as a
   * definition, for graphs that other programs run. [batch, action]; [batch], its number, for a choice.
   */
  greedy(heads: Tensor3D): Tensor;
  /** One decision with everything kept (batch 1, mean action). */
  trace(window: Float32Array, neurons: readonly number[], memory?: Float32Array): DecisionTrace;
  /** How the population hangs together with what it sees and does, at these windows [window, batch, observation]. */
  describePopulation(windows: Float32Array, batch: number): PopulationDescription;
  snapshot(): LearnerSnapshot;
  restore(snapshot: LearnerSnapshot): void;
  dispose(): void;
}

/** Learns from transitions of any policy, drawn from a replay buffer. */
export interface OffPolicyAgent extends BaseAgent {
  readonly learnsFrom: "transitions";
  readonly replay: ReplaySettings;
  /** One gradient update. Throws a DivergenceError when a loss is not finite. */
  update(batch: TransitionBatch, moment: Moment): UpdateMetrics;
}

/** Learns from what its present policy has just done. */
export interface OnPolicyAgent extends BaseAgent {
  readonly learnsFrom: "rollouts";
  /** Steps of each environment in a rollout. */
  readonly rolloutSteps: number;
  /** All updates of one rollout. Throws a DivergenceError when a loss is not finite. */
  update(rollout: Rollout, moment: Moment): UpdateMetrics;
}

/** How an off-policy algorithm wants its experience collected, kept and drawn. */
export interface ReplaySettings {
  /** Steps at the start with uniformly random actions. */
  readonly randomSteps: number;
  /** Transitions in the buffer before the first update. */
  readonly learnFrom: number;
  /** Environment steps between updates, and how many updates there are then. */
  readonly updateEvery: number;
  readonly updatesPerStep: number;
  /** Transitions kept. */
  readonly bufferCapacity: number;
  readonly batchSize: number;
  /** Rewards summed before the bootstrap. */
  readonly nStep: number;
  /** Discount of a reward one step later. */
  readonly gamma: number;
  /** Steps of a sample that are learnt from, and those before them that only bring the memory up to date. */
  readonly sequence: number;
  readonly burnIn: number;
}
