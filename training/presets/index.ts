import { Catalogue } from "../../core/catalogue.ts";
import { tunedPresets } from "./tuned.ts";

/** Every preset, named <settings>/<task>-<neuron>. Adding a family: write its file, add one line here. */
export const presets = new Catalogue("preset", [...tunedPresets]);
