import type { z } from "zod";
import type { Definition } from "../../core/catalogue.ts";
import type { Rng } from "../../core/rng.ts";
import type { SpikeFault } from "../../neurons/spiking-layer.ts";

/** What all perturbations say of themselves. */
interface AxisDescription<Id extends string> extends Definition<Id> {
  /** Unit of its level. */
  readonly unit: string;
  /** Levels that make sense. Where `min` is below 0, a schedule moves it to either side. */
  readonly range: { readonly min: number; readonly max: number };
  /** The levels of the severities 1 to 5; 0 is no perturbation, and between them lies a straight line. */
  readonly scale: readonly [number, number, number, number, number];
  /** Levels are whole numbers. */
  readonly integer?: true;
  /** False where it is there for the whole episode or at one moment of it. */
  readonly scheduled?: false;
  /** Options of its own, each with default, range and description. */
  readonly options?: z.ZodObject;
}

/**
 * One perturbation of a row of numbers that goes past (an observation, an action), made for one environment.
 *
 * Everything it keeps from step to step is in `memory`, so that snapshots hold it.
 */
export interface Channel {
  readonly memory?: Float64Array;
  /** A new episode. @param values its first observation, or an action of zeros */
  start?(values: ArrayLike<number>): void;
  /**
   * Changes `values` in place, in `dimensions` only.
   *
   * @param level now, in the axis' unit; 0 leaves the values as they are
   */
  apply(values: Float64Array, level: number, dimensions: readonly number[], rng: Rng): void;
}

/** Changes what the agent sees. Levels in the observation's own units. */
export interface SensorDefinition<Id extends string = string> extends AxisDescription<Id> {
  readonly kind: "sensor";
  /** @param largest the largest level it will meet */
  create(size: number, largest: number): Channel;
}

/** Changes what the agent does. Actions are in shares of the largest one, (-1, 1), and are clipped to it afterwards. */
export interface ActuatorDefinition<Id extends string = string> extends AxisDescription<Id> {
  readonly kind: "actuator";
  create(size: number, largest: number): Channel;
}

/** Changes the reward that a learner is told, never the return that is reported. */
export interface RewardDefinition<Id extends string = string> extends AxisDescription<Id> {
  readonly kind: "reward";
  /** The reward told instead of `reward`. */
  apply(reward: number, level: number, rng: Rng): number;
}

/** Changes the bodies and what surrounds them: numbers among the environment's parameters. */
export interface BodyDefinition<Id extends string = string> extends AxisDescription<Id> {
  readonly kind: "body";
  /** Whether it touches a parameter of this name; an environment without any such parameter refuses the axis. */
  touches(parameter: string): boolean;
  /**
   * The parameter's value now.
   *
   * @param value what it would be otherwise
   * @param seconds since the start of the episode
   */
  change(value: number, level: number, seconds: number, options: Readonly<Record<string, unknown>>): number;
}

/** What a force may depend on. */
export interface ForceMoment {
  readonly qpos: readonly number[];
  readonly qvel: readonly number[];
  /** Lengths of the poles, from the cart outwards, m. */
  readonly lengthsM: readonly number[];
  /** Start of the step that the force acts in, and its duration, s. */
  readonly seconds: number;
  readonly stepSeconds: number;
}

/** Pushes the bodies, beside the actuator. */
export interface ForceDefinition<Id extends string = string> extends AxisDescription<Id> {
  readonly kind: "force";
  /**
   * Adds to the generalised forces (N on the slider, N m on every hinge) that act, unchanged, during one step.
   *
   * @throws UsageError for options that do not fit the bodies
   */
  add(
    forces: Float64Array,
    level: number,
    moment: ForceMoment,
    options: Readonly<Record<string, unknown>>,
  ): void;
}

/** Changes the agent's network, once before the episodes. */
export interface NetworkDefinition<Id extends string = string> extends AxisDescription<Id> {
  readonly kind: "network";
  apply(network: PerturbedNetwork, level: number, rng: Rng): void;
}

/** What a network perturbation may change, in place. */
export interface PerturbedNetwork {
  /** The policy's weight matrices; biases are not among them. */
  readonly weights: readonly Float32Array[];
  /** Spiking neurons. */
  readonly units: number;
  /** The heads no longer hear of a neuron. */
  silence(unit: number): void;
  /**
   * Multiplies each neuron's threshold or conductances.
   *
   * @param factors [units]
   * @throws UsageError where the neuron model has none of its own a unit
   */
  spread(what: "threshold" | "conductance", factors: Float32Array): void;
  /** Something happens to every spike on its way from the neurons to the heads. */
  disturbSpikes(fault: SpikeFault): void;
}

export type PerturbationDefinition =
  | SensorDefinition
  | ActuatorDefinition
  | RewardDefinition
  | BodyDefinition
  | ForceDefinition
  | NetworkDefinition;

/** Definitions that keep their literal ids. */
export const defineSensor = <const Id extends string>(d: SensorDefinition<Id>): SensorDefinition<Id> => d;
export const defineActuator = <const Id extends string>(d: ActuatorDefinition<Id>): ActuatorDefinition<Id> =>
  d;
export const defineReward = <const Id extends string>(d: RewardDefinition<Id>): RewardDefinition<Id> => d;
export const defineBody = <const Id extends string>(d: BodyDefinition<Id>): BodyDefinition<Id> => d;
export const defineForce = <const Id extends string>(d: ForceDefinition<Id>): ForceDefinition<Id> => d;
export const defineNetwork = <const Id extends string>(d: NetworkDefinition<Id>): NetworkDefinition<Id> => d;
