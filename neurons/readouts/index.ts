import { Catalogue } from "../../core/catalogue.ts";
import { parse } from "../../core/parse.ts";
import { firstSpike } from "./first-spike.ts";
import { leakyIntegrator } from "./leaky-integrator.ts";
import { lastMembrane, meanMembrane } from "./membrane.ts";
import { populationVector } from "./population-vector.ts";
import { rate } from "./rate.ts";
import type { Readout } from "./readout.ts";

/** Every readout. Adding one: write its file, add one line here. */
export const readouts = new Catalogue("readout", [
  rate,
  lastMembrane,
  meanMembrane,
  leakyIntegrator,
  firstSpike,
  populationVector,
]);

/** A readout by id; throws a UsageError naming the nearest id or key. */
export function makeReadout(id: string, parameters: unknown = {}): Readout {
  const definition = readouts.get(id);
  const settings = parse(definition.parameters, parameters, `readout "${id}"`);
  return (definition.create as (settings: unknown) => Readout)(settings);
}
