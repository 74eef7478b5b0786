import type {
  Env,
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
import type { Box, Space } from "../core/space.ts";
import type { PushRule } from "./cart-chain-actions.ts";
import type { CartChainParameters } from "./cart-chain-parameters.ts";
import { type CartChain, chainPoses, dofCount } from "./physics/cart-chain.ts";
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
  /** Where there is no rail: starts further out than this are refused, m. */
  readonly startRangeM?: number;
  /** A random start into `qpos` and `qvel`, both zero before. */
  sampleStart(rng: Rng, qpos: Float64Array, qvel: Float64Array): void;
  observe(engine: PhysicsEngine, out: Float32Array): void;
  /** @param fellBefore whether an earlier step of this episode was already a fall */
  judge(engine: PhysicsEngine, fellBefore: boolean): Verdict;
}

/** A stop gives way; the hardest pushes of the tasks here reach 0.12 m past it. */
const RAIL_ALLOWANCE_M = 0.15;

type Phase = "new" | "running" | "ended";

interface CartChainSnapshot {
  readonly engine: EngineSnapshot;
  readonly rng: RngState;
  readonly phase: Phase;
  readonly steps: number;
  readonly fell: boolean;
}

/**
 * An environment of the cart-and-poles family on any engine, with Gymnasium's semantics.
 *
 * @typeParam Value how the action space holds an action
 * @typeParam Accepted what `step` takes
 *
 * Never seeded, it starts as if seeded with 0. A step whose physics is no longer finite ends the episode: terminated,
 * reward 0, `info.nonFinite` true, observation and state those of the last finite moment.
 */
export class CartChainEnv<Value extends Accepted, Accepted = Value> implements Env<Value> {
  readonly id: string;
  readonly observationSpace: Box;
  readonly actionSpace: Space<Value>;
  readonly scene: Scene;
  readonly observationLabels: readonly string[];
  readonly actionLabels: readonly string[];
  readonly stepSeconds: number;
  readonly maxEpisodeSteps: number;
  readonly rewardThreshold: number;

  readonly #task: CartChainTask;
  readonly #engine: PhysicsEngine;
  readonly #push: PushRule<Value, Accepted>;
  readonly #parameters: CartChainParameters;
  readonly #stepName: string;
  readonly #lastQpos: Float64Array;
  readonly #lastQvel: Float64Array;
  #rng = new Rng("env/0");
  #phase: Phase = "new";
  #steps = 0;
  #fell = false;

  constructor(
    task: CartChainTask,
    engine: PhysicsEngine,
    push: PushRule<Value, Accepted>,
    parameters: CartChainParameters,
  ) {
    this.id = task.id;
    this.observationSpace = task.observationSpace;
    this.actionSpace = push.space;
    this.scene = task.scene;
    this.observationLabels = task.observationLabels;
    this.actionLabels = push.labels;
    this.stepSeconds = parameters.timeStepS * parameters.frameSkip;
    this.maxEpisodeSteps = parameters.maxEpisodeSteps;
    this.rewardThreshold = task.rewardThreshold;
    this.#task = task;
    this.#engine = engine;
    this.#push = push;
    this.#parameters = parameters;
    this.#stepName = `${task.id}.step`;
    this.#lastQpos = new Float64Array(dofCount(engine.chain));
    this.#lastQvel = new Float64Array(dofCount(engine.chain));
  }

  /** The bodies as this environment's parameters make them. */
  get chain(): CartChain {
    return this.#engine.chain;
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
    this.#fell = false;
    return [this.#observe(), {}];
  }

  /**
   * @param action within `actionSpace`
   * @throws UsageError for anything else (another size, a NaN, a value outside); SpikegymError before `reset` and after the end
   */
  step(action: Accepted): StepResult {
    if (this.#phase !== "running") this.#checkPhase();
    this.#push.check(action, this.#stepName);
    const engine = this.#engine;
    const { qpos, qvel } = engine;
    // A loop, not set: for two numbers the call costs more than the work.
    for (let i = 0; i < qpos.length; i++) {
      this.#lastQpos[i] = qpos[i]!;
      this.#lastQvel[i] = qvel[i]!;
    }
    engine.step(this.#push.forceN(action));
    this.#steps++;
    const truncated = this.#steps >= this.maxEpisodeSteps;
    if (!staysFinite(engine)) {
      engine.place(this.#lastQpos, this.#lastQvel);
      this.#phase = "ended";
      return [this.#observe(), 0, true, truncated, { nonFinite: true }];
    }
    const { reward, terminated, info } = this.#task.judge(engine, this.#fell);
    if (terminated) this.#fell = true;
    if (terminated || truncated) this.#phase = "ended";
    return [this.#observe(), reward, terminated, truncated, info];
  }

  state(): PhysicalState {
    return { qpos: [...this.#engine.qpos], qvel: [...this.#engine.qvel] };
  }

  poses(out: Float64Array): Float64Array {
    return chainPoses(this.#engine.chain, this.#engine.qpos, out);
  }

  actionForceN(action: Accepted): number {
    return this.#push.forceN(action);
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
      fell: this.#fell,
    };
    return { ...snapshot };
  }

  /** @throws UsageError for the snapshot of another system */
  restore(snapshot: EnvSnapshot): void {
    const { engine, rng, phase, steps, fell } = snapshot as unknown as CartChainSnapshot;
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
    this.#fell = fell;
  }

  close(): void {
    this.#engine.close?.();
  }

  #observe(): Float32Array {
    const observation = new Float32Array(this.observationSpace.size);
    this.#task.observe(this.#engine, observation);
    return observation;
  }

  #checkPhase(): void {
    if (this.#phase === "new") {
      throw new SpikegymError(`${this.id}.step: the environment has not been reset; call reset() first`);
    }
    if (this.#parameters.afterEnd === "error") {
      throw new SpikegymError(
        `${this.id}.step: the episode has ended after ${this.#steps} steps; call reset(), or make it with afterEnd: "continue"`,
      );
    }
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
    const range = this.#task.startRangeM ?? Number.POSITIVE_INFINITY;
    if (Math.abs(x) > range) {
      throw new UsageError(
        `${this.id}.reset: the cart is at x = ${x} m, off the rail; expected ${-range} to ${range} m, what can be observed`,
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
