import type { z } from "zod";
import { Catalogue } from "../core/catalogue.ts";
import type { Env } from "../core/env.ts";
import { cartPole } from "./cart-pole.ts";
import { cartPoleSwingUp } from "./cart-pole-swing-up.ts";
import {
  type AnyEnv,
  createEnvironment,
  type EnvironmentDefinition,
  type EnvironmentOptions,
} from "./definition.ts";
import { doublePendulumSwingUp } from "./double-pendulum-swing-up.ts";
import { invertedDoublePendulum } from "./inverted-double-pendulum.ts";
import { invertedPendulum } from "./inverted-pendulum.ts";
import { invertedTriplePendulum } from "./inverted-triple-pendulum.ts";

const definitions = [
  cartPole,
  invertedPendulum,
  invertedDoublePendulum,
  invertedTriplePendulum,
  cartPoleSwingUp,
  doublePendulumSwingUp,
] as const;

type Known = (typeof definitions)[number];

/** What is needed beside `make`: the check of the contract, the wrappers, and, to be awaited before `mujoco`, its loading. */
export { checkEnv } from "./checker.ts";
export { prepareEngine } from "./physics/index.ts";
export { wrap } from "./wrappers/index.ts";

/** The environments, simplest first. */
export const environments = new Catalogue<EnvironmentDefinition>(
  "environment",
  // A definition's `create` wants its own parameters; `createEnvironment` gives it only what its schema has parsed.
  definitions as readonly unknown[] as readonly EnvironmentDefinition[],
);

export type EnvironmentId = Known["id"];

/**
 * Adds an environment of a program's own (envs/simple-environment.ts makes one of a description): its id then works
 * wherever one of the catalogue's does, in this program.
 *
 * @returns what makes one; `make` with the id as a string does too
 * @throws UsageError where the id belongs to another
 */
export function registerEnvironment<Id extends string, S extends z.ZodObject>(
  definition: EnvironmentDefinition<Id, S>,
): (options?: z.input<S>) => Env<unknown> {
  // Its `create` wants its own parameters; `createEnvironment` gives it only what its schema has parsed.
  const entry = definition as unknown as EnvironmentDefinition;
  environments.add(entry);
  return (options) => createEnvironment(entry, options ?? {});
}

/** For a literal id, that environment's options; for any other string (from a file, a command line), unchecked ones. */
type OptionsFor<Id extends string> = string extends Id
  ? Readonly<Record<string, unknown>>
  : EnvironmentOptions<Extract<Known, { id: Id }>>;

/** The kind of environment that an id makes. */
type EnvironmentFor<Id extends string> = string extends Id
  ? AnyEnv
  : ReturnType<Extract<Known, { id: Id }>["create"]>;

/**
 * A fresh environment: `make("InvertedPendulum-v5", { engine: "lagrangian", poleMassKg: 3 })`.
 *
 * A wrong literal id, key or engine does not compile; from run-time strings it is an error that names the nearest one.
 *
 * @param options `engine` (the environment's first where absent) and any of the environment's parameters
 * @throws UsageError for an unknown id, engine or key, or an impossible value
 */
export function make<const Id extends string>(
  id: string extends Id ? Id : Id & EnvironmentId,
  options?: OptionsFor<Id>,
): EnvironmentFor<Id> {
  // The definition of a literal id creates that kind.
  return createEnvironment(environments.get(id), options ?? {}) as EnvironmentFor<Id>;
}
