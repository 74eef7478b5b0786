import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writePicture } from "../training/plots/write-picture.ts";
import { PAGE_PATH, PICTURES_PATH, renderNeuronPage } from "./neuron-page.ts";
import { drawNeuronPictures } from "./neuron-pictures.ts";

/** Writes docs/neurons.md and its pictures; run it after a change to a neuron or a simulation. */
for (const [name, picture] of Object.entries(await drawNeuronPictures())) {
  await writePicture(join(PICTURES_PATH, `${name}.svg`), picture);
}
writeFileSync(PAGE_PATH, renderNeuronPage());
console.log(`wrote ${PAGE_PATH} and ${PICTURES_PATH}`);
