import type { z } from "zod";
import { Catalogue, type Definition } from "../core/catalogue.ts";
import { parse } from "../core/parse.ts";
import type { Rng } from "../core/rng.ts";
import type { Agent } from "./algorithm.ts";
import { dqn } from "./algorithms/dqn.ts";
import { ppo } from "./algorithms/ppo.ts";
import { sac } from "./algorithms/sac.ts";
import { td3 } from "./algorithms/td3.ts";
import type { ActorShape } from "./spiking-actor.ts";

/** Every learning algorithm. Adding one: write its file, add one line here. */
export const algorithms = new Catalogue("algorithm", [sac, td3, ppo, dqn]);

/** An algorithm: its settings, each with default, range and description, and how to make its agent from them. */
export interface AlgorithmDefinition<Id extends string = string, S extends z.ZodObject = z.ZodObject>
  extends Definition<Id> {
  readonly parameters: S;
  create(shape: ActorShape, settings: z.output<S>, rng: Rng): Agent;
}

/**
 * Adds an algorithm of a program's own: its id then works wherever one of the catalogue's does, in this program.
 *
 * @throws UsageError where the id belongs to another
 */
export function registerAlgorithm<Id extends string, S extends z.ZodObject>(
  definition: AlgorithmDefinition<Id, S>,
): void {
  // The catalogue's type lists its own algorithms, so that a wrong literal id does not compile.
  algorithms.add(definition as unknown as (typeof algorithms)["entries"][number]);
}

/**
 * An algorithm's settings, defaults filled in; throws a UsageError naming the nearest id or key.
 *
 * @param within where in `where` they stand
 */
export function parseAlgorithm(id: string, parameters: unknown, where = `algorithm "${id}"`, within = "") {
  return parse(algorithms.get(id).parameters, parameters, where, within);
}

/** A fresh agent; throws a UsageError naming the nearest id or key. */
export function makeAgent(id: string, shape: ActorShape, parameters: unknown, rng: Rng): Agent {
  const { create } = algorithms.get(id);
  // The schema and the maker belong to one definition; the union of all of them has lost that knowledge.
  return (create as (shape: ActorShape, settings: unknown, rng: Rng) => Agent)(
    shape,
    parseAlgorithm(id, parameters),
    rng,
  );
}
