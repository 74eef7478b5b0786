import { Catalogue } from "../core/catalogue.ts";
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
