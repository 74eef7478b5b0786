import type {
  EnvDiagnostics,
  EnvSnapshot,
  Info,
  PhysicalState,
  ResetOptions,
  StepResult,
} from "../core/env.ts";
import { SpikegymError, UsageError } from "../core/errors.ts";
import { Rng, type RngState } from "../core/rng.ts";
import type { Scene } from "../core/scene.ts";
import { Box } from "../core/space.ts";
import type { CartChainParameters } from "./cart-chain-parameters.ts";
import type { BoxEnv } from "./definition.ts";
import { chainPoses, dofCount } from "./physics/cart-chain.ts";
import type { EngineSnapshot, PhysicsEngine } from "./physics/engine.ts";

/** What one step was worth. */
export interface Verdict {
  readonly reward: number;
  readonly terminated: boolean;
  readonly info: Info;
}

/** The rules of a task on a cart chain; the rest (lifecycle, seeds, checks) is the same for all. */
export interface CartChainTask {
  readonly id: string;
  readonly observationSpace: Box;
  readonly observationLabels: readonly string[];
  readonly scene: Scene;
  readonly rewardThreshold: number;
  /** A random start into `qpos` and `qvel`, both zero before. */
  sampleStart(rng: Rng, qpos: Float64Array, qvel: Float64Array): void;
  observe(engine: PhysicsEngine, out: Float32Array): void;
  judge(engine: PhysicsEngine): Verdict;
}

/** A stop gives way; the hardest pushes of the tasks here reach 0.12 m past it. */
const RAIL_ALLOWANCE_M = 0.15;

type Phase = "new" | "running" | "ended";

interface CartChainSnapshot {
  readonly engine: EngineSnapshot;
  readonly rng: RngState;
  readonly phase: Phase;
  readonly steps: number;
}

/**
 * An environment of the cart-and-poles family on any engine, with Gymnasium's semantics.
 *
 * Never seeded, it starts as if seeded with 0. A step whose physics is no longer finite ends the episode: terminated,
 * reward 0, `info.nonFinite` true, observation and state those of the last finite moment.
 */
export class CartChainEnv implements BoxEnv {
  readonly id: string;
  readonly observationSpace: Box;
  readonly actionSpace: Box;
  readonly scene: Scene;
  readonly observationLabels: readonly string[];
  readonly actionLabels: readonly string[];
  readonly stepSeconds: number;
  readonly maxEpisodeSteps: number;
  readonly rewardThreshold: number;

  readonly #task: CartChainTask;
  readonly #engine: PhysicsEngine;
  readonly #parameters: CartChainParameters;
  readonly #lastQpos: Float64Array;
  readonly #lastQvel: Float64Array;
  #rng = new Rng("env/0");
  #phase: Phase = "new";
  #steps = 0;

  constructor(task: CartChainTask, engine: PhysicsEngine, parameters: CartChainParameters) {
    this.id = task.id;
    this.observationSpace = task.observationSpace;
    this.actionSpace = new Box([-parameters.controlLimit], [parameters.controlLimit]);
    this.scene = task.scene;
    this.observationLabels = task.observationLabels;
    this.actionLabels = [`force on the cart (${parameters.gearN} N)`];
    this.stepSeconds = parameters.timeStepS * parameters.frameSkip;
    this.maxEpisodeSteps = parameters.maxEpisodeSteps;
    this.rewardThreshold = task.rewardThreshold;
    this.#task = task;
    this.#engine = engine;
    this.#parameters = parameters;
    this.#lastQpos = new Float64Array(dofCount(engine.chain));
    this.#lastQvel = new Float64Array(dofCount(engine.chain));
  }

  /** @throws UsageError for a state of another size, not finite, or off the rail; for a seed that is no integer >= 0 */
  reset(options: ResetOptions = {}): [observation: Float32Array, info: Info] {
    const { seed, state } = options;
    if (seed !== undefined) {
      if (!Number.isSafeInteger(seed) || seed < 0) {
        throw new UsageError(`${this.id}.reset: seed is ${seed}, expected an integer of at least 0`);
      }
      this.#rng = new Rng(`env/${seed}`);
    }
    if (state === undefined) {
      const qpos = this.#lastQpos.fill(0);
      const qvel = this.#lastQvel.fill(0);
      this.#task.sampleStart(this.#rng, qpos, qvel);
      this.#engine.place(qpos, qvel);
    } else {
      this.#checkState(state);
      this.#engine.place(state.qpos, state.qvel);
    }
    this.#phase = "running";
    this.#steps = 0;
    return [this.#observe(), {}];
  }

  /**
   * @param action [1], within `actionSpace`; any array of numbers will do
   * @throws UsageError for another size, a NaN or a value outside the space; SpikegymError before `reset` and after the end
   */
  step(action: ArrayLike<number>): StepResult {
    this.#checkPhase();
    const force = this.#parameters.gearN * this.#checkAction(action);
    const engine = this.#engine;
    this.#lastQpos.set(engine.qpos);
    this.#lastQvel.set(engine.qvel);
    engine.step(force);
    this.#steps++;
    const truncated = this.#steps >= this.maxEpisodeSteps;
    if (!staysFinite(engine)) {
      engine.place(this.#lastQpos, this.#lastQvel);
      this.#phase = "ended";
      return [this.#observe(), 0, true, truncated, { nonFinite: true }];
    }
    const { reward, terminated, info } = this.#task.judge(engine);
    if (terminated || truncated) this.#phase = "ended";
    return [this.#observe(), reward, terminated, truncated, info];
  }

  state(): PhysicalState {
    return { qpos: [...this.#engine.qpos], qvel: [...this.#engine.qvel] };
  }

  poses(out: Float64Array): Float64Array {
    return chainPoses(this.#engine.chain, this.#engine.qpos, out);
  }

  actionForceN(action: ArrayLike<number>): number {
    return this.#parameters.gearN * (action[0] ?? Number.NaN);
  }

  diagnostics(): EnvDiagnostics {
    return { energyJ: this.#engine.energyJ(), jointGapM: this.#engine.jointGapM() };
  }

  snapshot(): EnvSnapshot {
    const snapshot: CartChainSnapshot = {
      engine: this.#engine.snapshot(),
      rng: this.#rng.snapshot(),
      phase: this.#phase,
      steps: this.#steps,
    };
    return { ...snapshot };
  }

  /** @throws UsageError for the snapshot of another system */
  restore(snapshot: EnvSnapshot): void {
    const { engine, rng, phase, steps } = snapshot as unknown as CartChainSnapshot;
    const expected = dofCount(this.#engine.chain);
    if (engine?.qpos?.length !== expected || engine.qvel?.length !== expected || rng === undefined) {
      throw new UsageError(
        `${this.id}.restore: this is no snapshot of ${this.id} (${expected} joints); take it with snapshot()`,
      );
    }
    this.#engine.restore(engine);
    this.#rng.restore(rng);
    this.#phase = phase;
    this.#steps = steps;
  }

  /** Nothing is held. */
  close(): void {}

  #observe(): Float32Array {
    const observation = new Float32Array(this.observationSpace.size);
    this.#task.observe(this.#engine, observation);
    return observation;
  }

  #checkPhase(): void {
    if (this.#phase === "running") return;
    if (this.#phase === "new") {
      throw new SpikegymError(`${this.id}.step: the environment has not been reset; call reset() first`);
    }
    if (this.#parameters.afterEnd === "error") {
      throw new SpikegymError(
        `${this.id}.step: the episode has ended after ${this.#steps} steps; call reset(), or make it with afterEnd: "continue"`,
      );
    }
  }

  #checkAction(action: ArrayLike<number>): number {
    const value = action[0];
    const limit = this.#parameters.controlLimit;
    if (action.length !== 1 || value === undefined) {
      throw new UsageError(`${this.id}.step: action has ${action.length} entries, expected 1`);
    }
    // The negation also catches NaN. Float32 actions may round the limit up.
    if (!(Math.abs(value) <= Math.max(limit, Math.fround(limit)))) {
      throw new UsageError(
        `${this.id}.step: action is ${value}, expected a number from ${-limit} to ${limit}; clip it before the step`,
      );
    }
    return value;
  }

  #checkState({ qpos, qvel }: PhysicalState): void {
    const expected = dofCount(this.#engine.chain);
    for (const [name, values] of [
      ["qpos", qpos],
      ["qvel", qvel],
    ] as const) {
      if (values?.length !== expected || !values.every(Number.isFinite)) {
        throw new UsageError(
          `${this.id}.reset: state.${name} is ${JSON.stringify(values)}, expected ${expected} finite numbers (x, then one angle a hinge)`,
        );
      }
    }
    const { rail } = this.#engine.chain;
    const x = qpos[0]!;
    if (rail !== null && (x < rail.low - RAIL_ALLOWANCE_M || x > rail.high + RAIL_ALLOWANCE_M)) {
      throw new UsageError(
        `${this.id}.reset: the cart is at x = ${x} m, off the rail; expected ${rail.low} to ${rail.high} m (or railHalfLengthM: null)`,
      );
    }
  }
}

function staysFinite(engine: PhysicsEngine): boolean {
  let sum = 0;
  for (let i = 0; i < engine.qpos.length; i++) sum += Math.abs(engine.qpos[i]!) + Math.abs(engine.qvel[i]!);
  // A state that large is on its way out and overflows a float32 observation.
  return sum < 1e30;
}
