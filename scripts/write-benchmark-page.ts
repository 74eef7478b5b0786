import { fileURLToPath } from "node:url";
import { readLearningData } from "../training/studies/benchmark-page.ts";
import { reportLearning } from "../training/studies/learning-report.ts";

/** Draws docs/benchmarks anew from the data in it; run it after a change to the page or its pictures. */
const folder = fileURLToPath(new URL("../docs/benchmarks", import.meta.url));
for (const data of await readLearningData(folder)) await reportLearning(folder, data);
console.log(`wrote ${folder}`);
