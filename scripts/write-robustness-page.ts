import { fileURLToPath } from "node:url";
import { readRobustnessData } from "../training/studies/robustness-data.ts";
import { writeRobustnessReport } from "../training/studies/robustness-page.ts";

/** Draws the robustness studies anew from the data beside them; run it after a change to the page or its pictures. */
for (const name of ["robustness-60k/", ""]) {
  const folder = fileURLToPath(new URL(`../docs/studies/${name}`, import.meta.url));
  const data = await readRobustnessData(folder);
  if (data === undefined) throw new Error(`${folder} has no robustness.json`);
  const { page } = await writeRobustnessReport(folder, data);
  console.log(`wrote ${page}`);
}
