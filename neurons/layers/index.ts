import { Catalogue } from "../../core/catalogue.ts";
import { parse } from "../../core/parse.ts";
import { convolution } from "./convolution.ts";
import { dense } from "./dense.ts";
import type { Layer, LayerPlace } from "./layer.ts";
import { recurrent } from "./recurrent.ts";

/** Every kind of layer. Adding one: write its file, add one line here. */
export const layers = new Catalogue("layer", [dense, convolution, recurrent]);

export type LayerId = (typeof layers)["entries"][number]["id"];

/** A layer by id; throws a UsageError naming the nearest id or key. */
export function makeLayer(id: string, parameters: unknown, place: LayerPlace): Layer {
  const definition = layers.get(id);
  const settings = parse(definition.parameters, parameters, `layer "${place.name}" (${id})`);
  return (definition.create as (settings: unknown, place: LayerPlace) => Layer)(settings, place);
}
