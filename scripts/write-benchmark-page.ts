import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readLearningData } from "../training/studies/benchmark-page.ts";
import { reportLearning } from "../training/studies/learning-report.ts";
import { presetsDataFile, readPresetsDataFile } from "../training/studies/presets-data.ts";
import { reportPresets } from "../training/studies/presets-report.ts";

/** Draws docs/benchmarks anew from the data in it; run it after a change to the pages, their pictures or a preset. */
const folder = fileURLToPath(new URL("../docs/benchmarks", import.meta.url));
for (const data of await readLearningData(folder)) await reportLearning(folder, data);
const presets = presetsDataFile(folder);
if (existsSync(presets)) await reportPresets(folder, await readPresetsDataFile(presets));
console.log(`wrote ${folder}`);
