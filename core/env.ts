import type { Scene } from "./scene.ts";
import type { Space } from "./space.ts";

/** Generalised positions and velocities in MuJoCo's conventions: x; first hinge positive towards +x; further hinges relative. */
export interface PhysicalState {
  readonly qpos: readonly number[];
  readonly qvel: readonly number[];
}

/** Diagnostics; keys carry their unit. */
export type Info = Readonly<Record<string, unknown>>;

/** Everything needed to go on exactly from here, as plain JSON (numbers survive JSON to the bit). */
export type EnvSnapshot = Readonly<Record<string, unknown>>;

export interface ResetOptions {
  /** Seeds this and, until the next seed, every later reset (Gymnasium's semantics). */
  readonly seed?: number;
  /** Start exactly here instead of from the environment's start distribution. */
  readonly state?: PhysicalState;
  /** Changed for good before the start is chosen: as `setParameters`, and also what can only change between episodes. */
  readonly parameters?: EnvParameters;
}

/** Parameters of an environment by name: physical quantities, noise, delays, rules. */
export type EnvParameters = Readonly<Record<string, unknown>>;

export interface EnvDiagnostics {
  /** Kinetic plus potential energy; 0 at rest with every mass at the height of the rail. */
  readonly energyJ: number;
  /** The largest distance between the two sides of a joint. */
  readonly jointGapM: number;
}

export type StepResult = [
  observation: Float32Array,
  reward: number,
  terminated: boolean,
  truncated: boolean,
  info: Info,
];

/**
 * A reinforcement-learning environment with Gymnasium's semantics.
 *
 * `reset` starts an episode; `step` goes on by one decision. `terminated`: the task ended (the pole fell; never
 * bootstrap through it). `truncated`: time ran out (do bootstrap). The returned observation is a fresh array.
 */
export interface Env<A = Float32Array> {
  readonly id: string;
  /** The spaces never change; scene, labels and times follow the parameters. */
  readonly observationSpace: Space<Float32Array>;
  readonly actionSpace: Space<A>;
  readonly scene: Scene;
  /** Names of the observation's entries with their units, e.g. `x (m)`. */
  readonly observationLabels: readonly string[];
  readonly actionLabels: readonly string[];
  /** Physical duration of one step, s. */
  readonly stepSeconds: number;
  readonly maxEpisodeSteps: number;
  /** Mean return at which the task counts as solved. */
  readonly rewardThreshold: number;

  /** All parameters now in force; absent where there are none. */
  readonly parameters?: EnvParameters | undefined;

  reset(options?: ResetOptions): [observation: Float32Array, info: Info];
  step(action: A): StepResult;
  /**
   * Changes some parameters at once, in the middle of an episode too, and for good: positions and velocities stay, what
   * follows from the parameters (inertia, scene) is new. All or, where an error is thrown, none. Absent where there are
   * no parameters.
   *
   * @throws UsageError for an unknown name (with the nearest), an impossible value, or a parameter that cannot change
   *   now (use `reset({ parameters })`) or ever (make another environment)
   */
  setParameters?(changes: EnvParameters): void;
  /**
   * Generalised forces beside the action's, N on the slider and N m on every hinge, as `qpos` is ordered: a push, a
   * disturbance, a hand. They act, unchanged over each step, until set again; a reset takes them off. Absent where there
   * is no body.
   *
   * @throws UsageError for another number of them, or one that is not finite
   */
  applyForces?(forces: ArrayLike<number>): void;
  /** Positions and velocities now. */
  state(): PhysicalState;
  /** Pose (x, y, angle) of every body of the scene, three numbers each, into `out`; returns `out`. */
  poses(out: Float64Array): Float64Array;
  /** The force (N) that an action stands for, for display. */
  actionForceN(action: A): number;
  /** How well the physics holds together, for `rollout` and for tests of engines; absent where there is no body. */
  diagnostics?(): EnvDiagnostics;
  snapshot(): EnvSnapshot;
  restore(snapshot: EnvSnapshot): void;
  close(): void;
}
