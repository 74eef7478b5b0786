import type { z } from "zod";
import type { Definition } from "../core/catalogue.ts";
import type {
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
import { Box, Discrete } from "../core/space.ts";
import type { AnyEnv, BoxEnv, DiscreteEnv, EnvironmentDefinition } from "./definition.ts";

/** Bounds of numbers by their names with units, in their order: `{ "x (m)": [-1.2, 0.6] }`; may be infinite. */
export type Bounds = Readonly<Record<string, readonly [low: number, high: number]>>;

/** An action's numbers, in the order of its labels. */
export type Numbers = ArrayLike<number> & Iterable<number>;

/** What a step came to. */
export interface Advanced<State> {
  readonly state: State;
  readonly reward: number;
  /** The task ended; false where absent. Time limits are not its business. */
  readonly terminated?: boolean;
  readonly info?: Info;
}

/**
 * An environment as one writes it down: what is seen, what can be done, and three functions of a state that is plain
 * JSON. Seeds, order of calls, time limit, snapshots and checks follow from it.
 */
export interface SimpleEnvironment<Id extends string, S extends z.ZodObject, State extends object>
  extends Definition<Id> {
  /** Each with default, range and description. */
  readonly parameters: S;
  readonly observation: Bounds;
  /** Bounds of each number, finite; or the names of numbered choices. */
  readonly action: Bounds | readonly string[];
  /** Physical duration of a step, s. */
  readonly stepSeconds: number;
  /** An episode is truncated after so many. */
  readonly maxEpisodeSteps: number;
  /** Mean return at which the task counts as solved. */
  readonly rewardThreshold: number;
  start(rng: Rng, parameters: z.output<S>): State;
  observe(state: State, parameters: z.output<S>): readonly number[];
  /** @param action its numbers; of numbered choices one, the choice's; @param rng for what is random in a step */
  advance(state: State, action: Numbers, parameters: z.output<S>, rng: Rng): Advanced<State>;
  /** What the viewer draws, and where each of its bodies is: x, y, angle of one after another. Absent: nothing. */
  readonly picture?: {
    scene(parameters: z.output<S>): Scene;
    poses(state: State, parameters: z.output<S>): readonly number[];
  };
}

const EMPTY: Scene = { bodies: [], view: { xMin: -1, xMax: 1, yMin: -1, yMax: 1 } };

/** The definition that the catalogue holds of such an environment; its engine is `own`. */
export function simpleEnvironment<Id extends string, S extends z.ZodObject, State extends object>(
  description: SimpleEnvironment<Id, S, State>,
): EnvironmentDefinition<Id, S> {
  const { id, summary, references, parameters } = description;
  return {
    id,
    summary,
    references,
    parameters,
    engines: ["own"],
    ideal: {},
    create: (_engine, values) => new SimpleEnv(description, values) as unknown as AnyEnv,
  };
}

type Phase = "new" | "running" | "ended";

interface SimpleSnapshot<State> {
  readonly state: State | null;
  readonly phase: Phase;
  readonly steps: number;
  readonly rng: RngState;
  readonly parameters: EnvParameters;
}

/** The environment of a description. */
class SimpleEnv<Id extends string, S extends z.ZodObject, State extends object>
  implements
    Omit<BoxEnv, "actionSpace" | "step" | "actionForceN">,
    Omit<DiscreteEnv, "actionSpace" | "step" | "actionForceN">
{
  readonly id: Id;
  readonly observationSpace: Box;
  readonly actionSpace: Box | Discrete;
  readonly observationLabels: readonly string[];
  readonly actionLabels: readonly string[];
  readonly stepSeconds: number;
  readonly maxEpisodeSteps: number;
  readonly rewardThreshold: number;
  readonly #description: SimpleEnvironment<Id, S, State>;
  #parameters: z.output<S>;
  #rng = new Rng("env/0");
  #state: State | undefined;
  #phase: Phase = "new";
  #steps = 0;

  constructor(description: SimpleEnvironment<Id, S, State>, parameters: z.output<S>) {
    const { id, observation, action, stepSeconds, maxEpisodeSteps, rewardThreshold } = description;
    this.#description = description;
    this.#parameters = parameters;
    this.id = id;
    this.observationSpace = boxOf(observation);
    this.observationLabels = Object.keys(observation);
    this.actionSpace = isChoices(action) ? new Discrete(action.length) : boxOf(action);
    this.actionLabels = isChoices(action) ? action : Object.keys(action);
    this.stepSeconds = stepSeconds;
    this.maxEpisodeSteps = maxEpisodeSteps;
    this.rewardThreshold = rewardThreshold;
  }

  get parameters(): EnvParameters {
    return this.#parameters;
  }

  get scene(): Scene {
    return this.#description.picture?.scene(this.#parameters) ?? EMPTY;
  }

  reset({ seed, state, parameters }: ResetOptions = {}): [observation: Float32Array, info: Info] {
    if (state !== undefined) {
      throw new UsageError(
        `${this.id}.reset: it has no positions and velocities to start from; leave "state" out`,
      );
    }
    if (seed !== undefined) {
      if (!Number.isSafeInteger(seed) || seed < 0) {
        throw new UsageError(`${this.id}.reset: seed is ${seed}, expected an integer of at least 0`);
      }
      this.#rng = new Rng(`env/${seed}`);
    }
    if (parameters !== undefined) this.setParameters(parameters);
    this.#state = this.#description.start(this.#rng, this.#parameters);
    this.#phase = "running";
    this.#steps = 0;
    return [this.#observe(this.#state), {}];
  }

  step(action: ArrayLike<number> | number): StepResult {
    const state = this.#running("step");
    const numbers = this.#numbersOf(action);
    const { advance } = this.#description;
    const {
      state: next,
      reward,
      terminated = false,
      info = {},
    } = advance(state, numbers, this.#parameters, this.#rng);
    this.#state = next;
    this.#steps++;
    const truncated = !terminated && this.#steps >= this.maxEpisodeSteps;
    if (terminated || truncated) this.#phase = "ended";
    return [this.#observe(next), reward, terminated, truncated, info];
  }

  setParameters(changes: EnvParameters): void {
    const all = { ...this.#parameters, ...changes };
    this.#parameters = parse(this.#description.parameters, all, `environment "${this.id}"`);
  }

  applyForces(): void {
    throw new UsageError(`${this.id}.applyForces: it has no bodies to be pushed`);
  }

  diagnostics() {
    return { energyJ: 0, jointGapM: 0 };
  }

  /** None: what it is in is no mechanical state. */
  state(): PhysicalState {
    return { qpos: [], qvel: [] };
  }

  poses(out: Float64Array): Float64Array {
    if (this.#state !== undefined && this.#description.picture !== undefined) {
      out.set(this.#description.picture.poses(this.#state, this.#parameters));
    }
    return out;
  }

  /** Its actions are no forces. */
  actionForceN(): number {
    return 0;
  }

  snapshot(): EnvSnapshot {
    const snapshot: SimpleSnapshot<State> = {
      state: this.#state === undefined ? null : structuredClone(this.#state),
      phase: this.#phase,
      steps: this.#steps,
      rng: this.#rng.snapshot(),
      parameters: this.#parameters,
    };
    return snapshot as unknown as EnvSnapshot;
  }

  restore(snapshot: EnvSnapshot): void {
    const { state, phase, steps, rng, parameters } = snapshot as unknown as SimpleSnapshot<State>;
    this.setParameters(parameters);
    this.#state = state === null ? undefined : structuredClone(state);
    this.#phase = phase;
    this.#steps = steps;
    this.#rng.restore(rng);
  }

  close(): void {
    // Nothing is held.
  }

  #observe(state: State): Float32Array {
    const seen = this.#description.observe(state, this.#parameters);
    const observation = Float32Array.from(seen);
    if (this.observationSpace.contains(observation)) return observation;
    throw new SpikegymError(
      `${this.id}: it observes [${seen.join(", ")}], expected ${this.observationLabels
        .map((name, i) => `${name} in [${this.observationSpace.low[i]}, ${this.observationSpace.high[i]}]`)
        .join(", ")}; widen the bounds or clip what is observed`,
    );
  }

  #running(what: string): State {
    if (this.#phase === "running") return this.#state!;
    throw new SpikegymError(
      `${this.id}.${what}: ${this.#phase === "new" ? "no episode has begun" : "the episode is over"}; call reset`,
    );
  }

  #numbersOf(action: ArrayLike<number> | number): Numbers {
    const wanted = this.actionSpace instanceof Box ? Float32Array.from(action as ArrayLike<number>) : action;
    if (!this.actionSpace.contains(wanted)) {
      throw new UsageError(
        `${this.id}.step: action is ${typeof action === "number" ? action : `[${Array.from(action).join(", ")}]`}, expected a member of ${this.actionSpace.describe()}`,
      );
    }
    return typeof wanted === "number" ? [wanted] : wanted;
  }
}

function isChoices(action: Bounds | readonly string[]): action is readonly string[] {
  return Array.isArray(action);
}

function boxOf(bounds: Bounds): Box {
  const all = Object.values(bounds);
  return new Box(
    all.map(([low]) => low),
    all.map(([, high]) => high),
  );
}
