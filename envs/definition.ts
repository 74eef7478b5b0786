import { z } from "zod";
import type { Definition } from "../core/catalogue.ts";
import type { Env, EnvDiagnostics, EnvParameters, StepResult } from "../core/env.ts";
import { UsageError } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import { Discrete } from "../core/space.ts";
import type { EngineId } from "./physics/engine.ts";
import { engines } from "./physics/index.ts";

/** An environment of the catalogue: with parameters that can change, and bodies that can be pushed. */
interface BodyEnv<A> extends Env<A> {
  readonly parameters: EnvParameters;
  setParameters(changes: EnvParameters): void;
  applyForces(forces: ArrayLike<number>): void;
  diagnostics(): EnvDiagnostics;
}

/** An environment whose actions are boxes of numbers: it takes any array of them, at full precision. */
export interface BoxEnv extends BodyEnv<Float32Array> {
  step(action: ArrayLike<number>): StepResult;
  actionForceN(action: ArrayLike<number>): number;
}

/** An environment whose actions are numbered choices. */
export type DiscreteEnv = BodyEnv<number>;

export type AnyEnv = BoxEnv | DiscreteEnv;

/** Which of the two: `env.step` then takes what the space's `sample` gives. */
export function hasChoices(env: AnyEnv): env is DiscreteEnv {
  return env.actionSpace instanceof Discrete;
}

/** One environment: what the catalogue, the command line's help, sweeps and the contract tests derive from. */
export interface EnvironmentDefinition<
  Id extends string = string,
  S extends z.ZodObject = z.ZodObject,
  E extends AnyEnv = AnyEnv,
> extends Definition<Id> {
  /** Engines it runs on, the default first. */
  readonly engines: readonly EngineId[];
  /** Every physical quantity and rule, each with default, range and description. */
  readonly parameters: S;
  /**
   * Settings of the textbook model for `rollout --ideal`: no friction, no stops, no side gravity, no offset of the centre
   * of mass, 20 ms steps, actions in newtons, never terminated.
   */
  readonly ideal: Readonly<Record<string, unknown>>;
  create(engine: EngineId, parameters: z.output<S>): E;
}

/** A definition whose `create` sees its own parameters' types. */
export function defineEnvironment<Id extends string, S extends z.ZodObject, E extends AnyEnv>(
  definition: EnvironmentDefinition<Id, S, E>,
): EnvironmentDefinition<Id, S, E> {
  return definition;
}

/** Options of `make`: an engine beside the environment's own parameters. */
export type EnvironmentOptions<D extends { readonly parameters: z.ZodObject }> = z.input<D["parameters"]> & {
  readonly engine?: EngineId;
};

/**
 * Makes an environment from options of any origin.
 *
 * @throws UsageError for an unknown engine or key (with the nearest one) or an impossible value
 */
export function createEnvironment(definition: EnvironmentDefinition, options: unknown): AnyEnv {
  const where = `environment "${definition.id}"`;
  const { engine, ...rest } = parse(engineOption, options, where);
  const id = engine === undefined ? definition.engines[0]! : engines.get(engine).id;
  if (!definition.engines.includes(id)) {
    throw new UsageError(
      `${where}: engine "${id}" does not run it, expected one of ${definition.engines.join(", ")}`,
    );
  }
  return definition.create(id, parse(definition.parameters, rest, where));
}

const engineOption = z.looseObject({ engine: z.string().optional() });
