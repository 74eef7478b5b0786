import type { EnvParameters, EnvSnapshot, Info } from "../../core/env.ts";
import type { Space } from "../../core/space.ts";

/**
 * What follows the end of an episode in one environment of a vector (Gymnasium's `AutoresetMode`).
 *
 * - `next-step`: the step after the end is a reset: its action is not looked at, its reward is 0, nothing has ended. Do
 *   not learn from that step.
 * - `same-step`: the step that ends the episode also starts the next; `observations` holds the new start.
 * - `disabled`: nothing; the caller resets with a mask, and a step without it is an error.
 *
 * In every mode the last observation of an episode stands in `finalObservations` of the step that ended it.
 */
export type AutoresetMode = "next-step" | "same-step" | "disabled";

export const AUTORESET_MODES: readonly AutoresetMode[] = ["next-step", "same-step", "disabled"];

/** Results of one step of `count` environments; every array is fresh, row i belongs to environment i. */
export interface VectorStep {
  /** [count * observationSize] */
  readonly observations: Float32Array;
  /** [count] */
  readonly rewards: Float64Array;
  /** [count], 1 where the task ended. */
  readonly terminated: Uint8Array;
  /** [count], 1 where time ran out. */
  readonly truncated: Uint8Array;
  /** `[count * observationSize]`: the last observation of the episodes that ended in this step; 0 elsewhere. */
  readonly finalObservations: Float32Array;
  /** `[count]`: the info of a step that ended an episode; of the others undefined, unless all infos were asked for. */
  readonly infos: readonly (Info | undefined)[];
}

export interface VectorStart {
  /** [count * observationSize]; rows that were not reset are as they were. */
  readonly observations: Float32Array;
  /** `[count]`: the info of every reset that took place. */
  readonly infos: readonly (Info | undefined)[];
}

export interface VectorResetOptions {
  /** One seed, of which every environment gets its own, split by its place; or one seed each. */
  readonly seed?: number | readonly number[];
  /** `[count]`: which to reset; all where absent. */
  readonly mask?: ArrayLike<boolean | number>;
  /** Changed for good before the start, in those that are reset: `env.reset({ parameters })`. */
  readonly parameters?: VectorParameters;
}

/** Parameters to change: the same in every environment, or its own in each (undefined: none). */
export type VectorParameters = EnvParameters | readonly (EnvParameters | undefined)[];

/** Everything needed to go on exactly from here, as plain JSON; the same in one thread and in workers. */
export interface VectorSnapshot {
  readonly lanes: readonly LaneSnapshot[];
}

export interface LaneSnapshot {
  readonly env: EnvSnapshot;
  /** Whether its episode has ended and it waits for a reset. */
  readonly over: boolean;
}

/** Environments of one kind that step together. */
export interface VectorEnv {
  readonly id: string;
  readonly count: number;
  readonly autoreset: AutoresetMode;
  /** Spaces of one environment. */
  readonly observationSpace: Space<Float32Array>;
  readonly actionSpace: Space;
  /** Numbers of one environment's observation and action. */
  readonly observationSize: number;
  readonly actionSize: number;
  reset(options?: VectorResetOptions): VectorStart;
  /**
   * One step of all.
   *
   * @param actions [count * actionSize] numbers; a choice (Discrete) is one number
   */
  step(actions: ArrayLike<number>): VectorStep;
  /** Changes parameters in the middle of episodes, `env.setParameters` of every environment. */
  setParameters(changes: VectorParameters): void;
  snapshot(): VectorSnapshot;
  restore(snapshot: VectorSnapshot): void;
  /** Closes every environment and ends what runs them. */
  close(): void | Promise<void>;
}

export interface VectorOptions {
  /** How many environments. */
  readonly count: number;
  /** `next-step` where absent. */
  readonly autoreset?: AutoresetMode;
  /** `final` (where absent): only those of steps that end an episode; `every`: all. */
  readonly infos?: "final" | "every";
}
