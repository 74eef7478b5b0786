import { Catalogue } from "../core/catalogue.ts";
import { parse } from "../core/parse.ts";
import { alif } from "./alif.ts";
import { ann } from "./ann.ts";
import { hh } from "./hh.ts";
import { hhPublished } from "./hh-published.ts";
import { izhikevich } from "./izhikevich.ts";
import { lif } from "./lif.ts";
import type { NeuronDefinition, NeuronModel } from "./neuron-model.ts";
import { sLif2Hh } from "./s-lif2hh.ts";
import { tvLif2Hh } from "./tv-lif2hh.ts";

/** Every neuron. Adding one: write its file, add one line here. */
export const neurons = new Catalogue("neuron", [
  ann,
  lif,
  alif,
  izhikevich,
  sLif2Hh,
  hhPublished,
  hh,
  tvLif2Hh,
]);

export type NeuronId = (typeof neurons)["entries"][number]["id"];

/**
 * Adds a neuron of a program's own: its id then works wherever one of the catalogue's does, in this program.
 *
 * @throws UsageError where the id belongs to another
 */
export function registerNeuron(definition: NeuronDefinition): void {
  // The catalogue's type lists its own neurons, so that a wrong literal id does not compile.
  neurons.add(definition as unknown as (typeof neurons)["entries"][number]);
}

/** A neuron model by id; throws a UsageError naming the nearest id or key. */
export function makeNeuron(id: string, parameters: unknown = {}): NeuronModel {
  const definition = neurons.get(id);
  const settings = parse(definition.parameters, parameters, `neuron "${id}"`);
  // The schema and the maker belong to one definition; the union of all of them has lost that knowledge.
  return (definition.create as (settings: unknown) => NeuronModel)(settings);
}
