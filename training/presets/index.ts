import { Catalogue } from "../../core/catalogue.ts";
import { tunedDoubleAnn, tunedDoubleHh, tunedDoubleHhPublished, tunedDoubleLif } from "./double.ts";

/** Every preset, named <settings>/<task>-<neuron>. Adding one: write it, add one line here. */
export const presets = new Catalogue("preset", [
  tunedDoubleHhPublished,
  tunedDoubleHh,
  tunedDoubleLif,
  tunedDoubleAnn,
]);
