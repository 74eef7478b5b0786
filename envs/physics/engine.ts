import type { Definition } from "../../core/catalogue.ts";
import type { CartChain } from "./cart-chain.ts";

export type EngineId = "matter" | "lagrangian" | "mujoco" | "classic" | "own";

/** How one environment step is cut up. */
export interface EngineTiming {
  /** MuJoCo's `timestep`, s; the RK4 step of `lagrangian`, and what the soft stops' shortest time is derived from. */
  readonly timeStepS: number;
  /** Time steps in one environment step. */
  readonly frameSkip: number;
  /** Longest substep of `matter`, s; an environment step is cut into equal ones. */
  readonly matterStepS: number;
}

/** An engine's whole state, as plain JSON: whatever it is restored into goes on to the same bits. */
export interface EngineSnapshot {
  readonly qpos: readonly number[];
  readonly qvel: readonly number[];
  readonly constraintForce: readonly number[];
  readonly tip: readonly number[];
  readonly jointGapM: number;
  readonly applied: readonly number[];
  /** `lagrangian`, `mujoco`: the accelerations that the search for the stops' forces starts from. */
  readonly warmStart?: readonly number[];
}

/**
 * A cart chain that moves: the contract of every engine.
 *
 * The arrays are live views, rewritten by `place`, `step` and `restore`. All engines speak MuJoCo's coordinates
 * (envs/physics/cart-chain.ts), so an environment cannot tell them apart but by their errors.
 */
export interface PhysicsEngine {
  readonly chain: CartChain;
  /** [1 + N] m, rad; hinges after the first are relative. */
  readonly qpos: Float64Array;
  /** [1 + N] m/s, rad/s. */
  readonly qvel: Float64Array;
  /** [1 + N] force of soft stops and dry friction on each joint as an observer reads it after the step, N and N m. */
  readonly constraintForce: Float64Array;
  /** (x, z) of the last link's end as an observer reads it after the step, m. */
  readonly tip: Float64Array;
  /**
   * [1 + N] Generalised forces beside the push, N and N m, for the caller to set; they act until they are set again.
   */
  readonly applied: Float64Array;
  /** Puts the system into a state, at rest from all history. */
  place(qpos: ArrayLike<number>, qvel: ArrayLike<number>): void;
  /** One environment step under a constant push on the cart along +x, N. A state that blew up is left as NaN. */
  step(forceN: number): void;
  /** Goes on with another gravity; `chain` differs from the engine's own in nothing else. Costs next to nothing. */
  changeGravity(chain: CartChain): void;
  /** Kinetic plus potential energy, J; 0 for all masses at rail height, at rest. */
  energyJ(): number;
  /** Largest distance between the two sides of a hinge, m. */
  jointGapM(): number;
  snapshot(): EngineSnapshot;
  restore(snapshot: EngineSnapshot): void;
  /** Gives back memory that the garbage collector does not see; where there is none, absent. */
  close?(): void;
}

/** What every engine's snapshot holds. */
export function captureState(engine: PhysicsEngine): EngineSnapshot {
  return {
    qpos: [...engine.qpos],
    qvel: [...engine.qvel],
    constraintForce: [...engine.constraintForce],
    tip: [...engine.tip],
    jointGapM: engine.jointGapM(),
    applied: [...engine.applied],
  };
}

export interface EngineDefinition extends Definition<EngineId> {
  /** Loads what `create` needs; absent where nothing is to be loaded. May be called again. */
  prepare?(): Promise<void>;
  create(chain: CartChain, timing: EngineTiming): PhysicsEngine;
}
