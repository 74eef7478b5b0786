import { join } from "node:path";
import { writeFileAtomically } from "../atomic-file.ts";
import { writeBenchmarkPage } from "./benchmark-page.ts";
import { renderDataFile } from "./data-file.ts";
import { type PresetsData, presetsDataFile } from "./presets-data.ts";
import { renderPresetsPage } from "./presets-page.ts";

/**
 * Writes the study's data into a folder, and the pages that follow from it:
 *
 *   presets.json     the data
 *   presets.md       the table
 *   README.md        the page of all benchmarks there, with a link to it
 */
export async function reportPresets(folder: string, data: PresetsData): Promise<void> {
  await writeFileAtomically(presetsDataFile(folder), renderDataFile(data));
  await writeFileAtomically(join(folder, "presets.md"), renderPresetsPage(data));
  await writeBenchmarkPage(folder);
}
