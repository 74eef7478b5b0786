import { join } from "node:path";
import { writeFileAtomically } from "../atomic-file.ts";
import { type TrainAllOptions, trainAll } from "../processes/train-all.ts";
import { type SeedGroup, seedJobs } from "./seed-group.ts";
import { type SeedSummary, summariseSeeds } from "./seed-summary.ts";
import { writeSeedsCard } from "./seeds-card.ts";

/**
 * Trains every seed of a group, several processes at a time. Called again, it goes on with what is missing.
 *
 * Writes `summary.json`, `card.md` and `curve.svg` into the group's folder.
 */
export async function trainSeeds(group: SeedGroup, options: TrainAllOptions): Promise<SeedSummary> {
  const outcomes = await trainAll(seedJobs(group), options);
  const summary = summariseSeeds(group, outcomes);
  await writeFileAtomically(join(group.path, "summary.json"), `${JSON.stringify(summary, null, 2)}\n`);
  await writeSeedsCard(group, summary);
  return summary;
}
