import { readFileSync } from "node:fs";
import { Catalogue } from "../../core/catalogue.ts";
import { parsePresets } from "./preset.ts";

/** The files of presets in data/, in the order of the list. Adding a family: write its file, add its name here. */
const FILES = [
  "tuned.yaml",
  "tuned-swingup.yaml",
  "tuned-td3-ppo.yaml",
  "tuned-cartpole.yaml",
  "matched.yaml",
  "published.yaml",
] as const;

/** Every preset, named <settings>/<task>-<neuron>, or <settings>/<task>-<neuron>-<algorithm>. */
export const presets = new Catalogue(
  "preset",
  FILES.flatMap((file) =>
    parsePresets(readFileSync(new URL(`./data/${file}`, import.meta.url), "utf8"), file),
  ),
);
