import type { z } from "zod";
import type {
  Env,
  EnvDiagnostics,
  EnvParameters,
  EnvSnapshot,
  Info,
  PhysicalState,
  ResetOptions,
  StepResult,
} from "../core/env.ts";
import { SpikegymError, UsageError } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import { Rng, type RngState } from "../core/rng.ts";
import type { Scene } from "../core/scene.ts";
import type { Box, Space } from "../core/space.ts";
import type { PushRule } from "./cart-chain-actions.ts";
import { Actuator, type ActuatorSnapshot } from "./cart-chain-actuator.ts";
import { type CartChainParameters, timingOf } from "./cart-chain-parameters.ts";
import { type Reading, type SensorSnapshot, Sensors } from "./cart-chain-sensors.ts";
import { changeTimeOf } from "./parameter-change.ts";
import { type CartChain, chainPoses, dofCount } from "./physics/cart-chain.ts";
import type { EngineId, EngineSnapshot, PhysicsEngine } from "./physics/engine.ts";
import { engines } from "./physics/index.ts";

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
  observe(reading: Reading, out: Float32Array): void;
  /** @param fellBefore whether an earlier step of this episode was already a fall */
  judge(engine: PhysicsEngine, fellBefore: boolean): Verdict;
}

/** All that follows from an environment's parameters. */
export interface CartChainDesign<Value extends Accepted, Accepted = Value> {
  readonly task: CartChainTask;
  readonly chain: CartChain;
  readonly push: PushRule<Value, Accepted>;
}

/** How one environment of the family is made, for any values of its parameters. */
export interface CartChainRecipe<P extends CartChainParameters, Value extends Accepted, Accepted = Value> {
  /** Of its parameters; strict. */
  readonly schema: z.ZodObject;
  design(parameters: P): CartChainDesign<Value, Accepted>;
}

/** A stop gives way; the hardest pushes of the tasks here reach 0.12 m past it. */
const RAIL_ALLOWANCE_M = 0.15;

/**
 * What MuJoCo calls a state that has blown up. A larger one is on its way out, and its squares, of which rewards are made,
 * would leave what a float32 can hold.
 */
const LARGEST_STATE = 1e10;

type Phase = "new" | "running" | "ended";

interface CartChainSnapshot {
  readonly engine: EngineSnapshot;
  readonly rng: RngState;
  readonly phase: Phase;
  readonly steps: number;
  readonly fell: boolean;
  readonly parameters: EnvParameters;
  readonly sensors: SensorSnapshot;
  readonly actuator: ActuatorSnapshot;
}

/**
 * An environment of the cart-and-poles family on any engine, with Gymnasium's semantics.
 *
 * @typeParam P its parameters
 * @typeParam Value how the action space holds an action
 * @typeParam Accepted what `step` takes
 *
 * Never seeded, it starts as if seeded with 0. A step whose physics is no longer finite, or beyond 1e10, ends the episode:
 * terminated, reward 0, `info.nonFinite` true, observation and state those of the last finite moment.
 *
 * Sensors and actuator (delays, noise) stand between the agent and the task: rewards and ends are those of the true state.
 * Starts, sensors and actuator draw from streams of their own, so noise does not shift the starts.
 */
export class CartChainEnv<P extends CartChainParameters, Value extends Accepted, Accepted = Value>
  implements Env<Value>
{
  readonly id: string;
  readonly observationSpace: Box;
  readonly actionSpace: Space<Value>;
  readonly observationLabels: readonly string[];
  readonly rewardThreshold: number;

  readonly #recipe: CartChainRecipe<P, Value, Accepted>;
  readonly #engineId: EngineId;
  readonly #stepName: string;
  readonly #lastQpos: Float64Array;
  readonly #lastQvel: Float64Array;
  readonly #sensors: Sensors;
  readonly #actuator: Actuator;
  #parameters: P;
  #task: CartChainTask;
  #engine: PhysicsEngine;
  #push: PushRule<Value, Accepted>;
  #rng: Rng;
  #phase: Phase = "new";
  #steps = 0;
  #fell = false;

  constructor(recipe: CartChainRecipe<P, Value, Accepted>, engineId: EngineId, parameters: P) {
    const { task, chain, push } = recipe.design(parameters);
    this.id = task.id;
    this.observationSpace = task.observationSpace;
    this.actionSpace = push.space;
    this.observationLabels = task.observationLabels;
    this.rewardThreshold = task.rewardThreshold;
    this.#recipe = recipe;
    this.#engineId = engineId;
    this.#parameters = Object.freeze({ ...parameters });
    this.#task = task;
    this.#engine = engines.get(engineId).create(chain, timingOf(parameters));
    this.#push = push;
    this.#stepName = `${task.id}.step`;
    const n = dofCount(chain);
    this.#lastQpos = new Float64Array(n);
    this.#lastQvel = new Float64Array(n);
    this.#rng = new Rng("env/0");
    this.#sensors = new Sensors(n, this.#rng.split("sensors"), parameters);
    this.#actuator = new Actuator(this.#rng.split("actuator"), parameters);
  }

  /** The bodies as this environment's parameters make them. */
  get chain(): CartChain {
    return this.#engine.chain;
  }

  get scene(): Scene {
    return this.#task.scene;
  }

  get actionLabels(): readonly string[] {
    return this.#push.labels;
  }

  get stepSeconds(): number {
    return this.#parameters.timeStepS * this.#parameters.frameSkip;
  }

  get maxEpisodeSteps(): number {
    return this.#parameters.maxEpisodeSteps;
  }

  get parameters(): Readonly<P> {
    return this.#parameters;
  }

  /**
   * @throws UsageError for a state of another size, not finite, or off the rail; for a seed that is no integer >= 0; for
   *   parameters as `setParameters`
   */
  reset(options: ResetOptions = {}): [observation: Float32Array, info: Info] {
    const { seed, state, parameters } = options;
    if (seed !== undefined) {
      if (!Number.isSafeInteger(seed) || seed < 0) {
        throw new UsageError(`${this.id}.reset: seed is ${seed}, expected an integer of at least 0`);
      }
      this.#rng = new Rng(`env/${seed}`);
      this.#sensors.seed(this.#rng.split("sensors"));
      this.#actuator.seed(this.#rng.split("actuator"));
    }
    if (parameters !== undefined) {
      const changed = this.#parse(parameters, "reset");
      this.#requireChangeable(changed, "between episodes", "reset");
      this.#adopt(changed, "reset");
    }
    this.#engine.applied.fill(0);
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
    this.#actuator.reset();
    return [this.#observe(true), {}];
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
    engine.step(this.#actuator.drive(this.#push.forceN(action)));
    this.#steps++;
    const truncated = this.#steps >= this.maxEpisodeSteps;
    if (!staysFinite(engine)) {
      engine.place(this.#lastQpos, this.#lastQvel);
      this.#phase = "ended";
      return [this.#observe(false), 0, true, truncated, { nonFinite: true }];
    }
    const { reward, terminated, info } = this.#task.judge(engine, this.#fell);
    if (terminated) this.#fell = true;
    if (terminated || truncated) this.#phase = "ended";
    return [this.#observe(false), reward, terminated, truncated, info];
  }

  /**
   * Changes some parameters, in the middle of an episode too: `env.setParameters({ pole1LengthM: 0.8 })`. Inertia follows
   * mass and length; positions and velocities stay, so energy may jump. A change of gravity, noise, delays, rewards or
   * limits of the episode costs some 20 us; one of the bodies makes the engine anew (50 us with `lagrangian`, 150 with
   * `matter`, 600 with `mujoco`, which compiles its model). A step costs the same before and after.
   *
   * @param changes values by name; every other parameter stays
   * @throws UsageError for an unknown name (with the nearest), an impossible value, a rail that the cart is not on, or a
   *   parameter that cannot change now or ever; nothing has changed then
   */
  setParameters(changes: Partial<P>): void {
    const changed = this.#parse(changes, "setParameters");
    this.#requireChangeable(
      changed,
      this.#phase === "running" ? "any time" : "between episodes",
      "setParameters",
    );
    this.#adopt(changed, "setParameters");
  }

  /** @throws UsageError for another number of forces than joints, or one that is not finite */
  applyForces(forces: ArrayLike<number>): void {
    const { applied } = this.#engine;
    let finite = forces.length === applied.length;
    for (let i = 0; i < applied.length && finite; i++) finite = Number.isFinite(forces[i]);
    if (!finite) {
      throw new UsageError(
        `${this.id}.applyForces: forces are ${JSON.stringify(Array.from(forces))}, expected ${applied.length} finite numbers (N on the slider, N m on every hinge)`,
      );
    }
    applied.set(forces);
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
      parameters: this.#parameters,
      sensors: this.#sensors.snapshot(),
      actuator: this.#actuator.snapshot(),
    };
    return { ...snapshot };
  }

  /**
   * Goes on exactly from there, with the parameters of then.
   *
   * @throws UsageError for the snapshot of another system, or of one with other spaces
   */
  restore(snapshot: EnvSnapshot): void {
    const { engine, rng, phase, steps, fell, parameters, sensors, actuator } =
      snapshot as unknown as CartChainSnapshot;
    const expected = dofCount(this.#engine.chain);
    const whole = [engine?.qpos, engine?.qvel, engine?.applied].every((x) => x?.length === expected);
    if (!whole || !rng || !parameters || !sensors || !actuator) {
      throw new UsageError(
        `${this.id}.restore: this is no snapshot of ${this.id} (${expected} joints); take it with snapshot()`,
      );
    }
    const then = this.#parse(parameters, "restore");
    this.#requireChangeable(then, "between episodes", "restore");
    this.#adopt(then, "restore", engine);
    this.#sensors.restore(sensors);
    this.#actuator.restore(actuator);
    this.#rng.restore(rng);
    this.#phase = phase;
    this.#steps = steps;
    this.#fell = fell;
  }

  close(): void {
    this.#engine.close?.();
  }

  #observe(fresh: boolean): Float32Array {
    const observation = new Float32Array(this.observationSpace.size);
    this.#task.observe(this.#sensors.read(this.#engine, fresh), observation);
    return observation;
  }

  /** All parameters, with these changed. */
  #parse(changes: EnvParameters, where: string): P {
    // The schema's output is what the recipe was made for.
    return parse(this.#recipe.schema, { ...this.#parameters, ...changes }, `${this.id}.${where}`) as P;
  }

  #requireChangeable(to: P, now: "any time" | "between episodes", where: string): void {
    for (const [key, schema] of Object.entries(this.#recipe.schema.shape)) {
      const time = changeTimeOf(schema as z.ZodType);
      if (
        time === "any time" ||
        time === now ||
        sameValue(to[key as keyof P], this.#parameters[key as keyof P])
      )
        continue;
      throw new UsageError(
        time === "never"
          ? `${this.id}.${where}: "${key}" cannot change, for the spaces depend on it; make another environment`
          : `${this.id}.${where}: "${key}" can only change between episodes; use reset({ parameters: { ${key} } })`,
      );
    }
  }

  /**
   * Makes everything anew that follows from the parameters; nothing has changed where this throws.
   *
   * @param at the engine's state to go on from, where it is not that of now
   */
  #adopt(to: P, where: string, at?: EngineSnapshot): void {
    const { task, chain, push } = this.#recipe.design(to);
    const old = this.#engine;
    const timing = timingOf(to);
    const sameTiming = sameValue(timing, timingOf(this.#parameters));
    if (where === "setParameters") this.#requireOnRail(chain, old.qpos[0]!, where);
    const keepsEngine = sameTiming && sameValue({ ...chain, ...gravityOf(old.chain) }, old.chain);
    const engine = keepsEngine ? old : engines.get(this.#engineId).create(chain, timing);
    if (keepsEngine) engine.changeGravity(chain);
    if (at !== undefined) engine.restore(at);
    else if (!keepsEngine) engine.restore(old.snapshot());
    if (!keepsEngine) old.close?.();
    this.#engine = engine;
    this.#task = task;
    this.#push = push;
    this.#parameters = Object.freeze(to);
    this.#sensors.configure(to, engine);
    this.#actuator.configure(to);
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
    const x = qpos[0]!;
    this.#requireOnRail(this.#engine.chain, x, "reset");
    const range = this.#task.startRangeM ?? Number.POSITIVE_INFINITY;
    if (Math.abs(x) > range) {
      throw new UsageError(
        `${this.id}.reset: the cart is at x = ${x} m, off the rail; expected ${-range} to ${range} m, what can be observed`,
      );
    }
  }

  #requireOnRail({ rail }: CartChain, x: number, where: string): void {
    if (rail === null || (x >= rail.low - RAIL_ALLOWANCE_M && x <= rail.high + RAIL_ALLOWANCE_M)) return;
    throw new UsageError(
      `${this.id}.${where}: the cart is at x = ${x} m, off the rail; expected ${rail.low} to ${rail.high} m (or railHalfLengthM: null)`,
    );
  }
}

function gravityOf({ gravityXMPerS2, gravityZMPerS2 }: CartChain) {
  return { gravityXMPerS2, gravityZMPerS2 };
}

/** Plain data, compared by what it holds. */
function sameValue(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || JSON.stringify(a) === JSON.stringify(b);
}

function staysFinite(engine: PhysicsEngine): boolean {
  let sum = 0;
  for (let i = 0; i < engine.qpos.length; i++) sum += Math.abs(engine.qpos[i]!) + Math.abs(engine.qvel[i]!);
  return sum < LARGEST_STATE;
}
