import type { LearnerSnapshot, Moment, UpdateMetrics } from "../agents/algorithm.ts";
import type { CollectedStep } from "./collector.ts";

/** Experience and what is learnt from it: a replay buffer or a rollout, and the agent's updates when they are due. */
export interface Learning {
  /** Gradient updates the last `learn` has done. */
  readonly updates: number;
  /** Whether this step, from 1, is to be a uniformly random one. */
  isRandom(step: number): boolean;
  /**
   * Takes in one step and learns if it is time to.
   *
   * @param step its number, from 1
   * @returns the metrics of the first update, if there was one
   */
  learn(collected: CollectedStep, step: number, moment: Moment): UpdateMetrics | undefined;
  snapshot(): LearningSnapshot;
  restore(snapshot: LearningSnapshot): void;
}

export interface LearningSnapshot {
  readonly arrays: LearnerSnapshot["arrays"];
  readonly state: unknown;
}

/** The sizes of what is collected. */
export interface LearningShape {
  readonly observationSize: number;
  readonly actionSize: number;
  readonly window: number;
  /** Environments that take turns. */
  readonly lanes: number;
}
