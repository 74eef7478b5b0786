import { Catalogue } from "../core/catalogue.ts";
import { parse } from "../core/parse.ts";
import type { Rng } from "../core/rng.ts";
import type { Agent } from "./algorithm.ts";
import { sac } from "./algorithms/sac.ts";
import type { ActorShape } from "./spiking-actor.ts";

/** Every learning algorithm. Adding one: write its file, add one line here. */
export const algorithms = new Catalogue("algorithm", [sac]);

/** A fresh agent; throws a UsageError naming the nearest id or key. */
export function makeAgent(id: string, shape: ActorShape, parameters: unknown, rng: Rng): Agent {
  const definition = algorithms.get(id);
  return definition.create(shape, parse(definition.parameters, parameters, `algorithm "${id}"`), rng);
}
