import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { FileError, UsageError } from "../../core/errors.ts";
import { parse } from "../../core/parse.ts";
import { writeFileAtomically } from "../../training/atomic-file.ts";
import { type InformationResult, informationResultSchema } from "../information/measure.ts";
import { informationFolder } from "./information.ts";
import { planStudy, type StudyConfig, studySchema } from "./plan.ts";
import { type JobResult, resultSchema } from "./run-study.ts";

/** The file beside a study's page: everything that the page is made of. */
const dataSchema = z.strictObject({
  study: z.literal("multitask"),
  command: z.string(),
  /** What all results have in common. */
  extent: studySchema.pick({ epochs: true, convEpochs: true, limit: true }),
  results: z.array(resultSchema),
  information: z.array(informationResultSchema),
});

export interface StudyResults {
  readonly results: readonly JobResult[];
  readonly information: readonly InformationResult[];
}

export async function writeStudyData(
  path: string,
  config: StudyConfig,
  command: string,
  { results, information }: StudyResults,
): Promise<void> {
  const own = information.map((result) => ({ ...result, out: "" }));
  const data = { study: "multitask", command, extent: extentOf(config), results, information: own };
  await writeFileAtomically(path, `${JSON.stringify(data, null, 1)}\n`);
}

/**
 * Puts the published results of a plan where a study of this machine keeps its own, as far as it has none: a result
 * outlives the folder it was trained in.
 *
 * @returns how many, and the results that the plan does not have: of models, settings or seeds that are left out this time
 * @throws UsageError where the file is of a study with other settings; FileError where it is no such file
 */
export async function restoreStudyData(
  path: string,
  config: StudyConfig,
  out: string,
): Promise<{ restored: number; kept: JobResult[] }> {
  if (!existsSync(path)) return { restored: 0, kept: [] };
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch {
    throw new FileError(`${path} is cut off or no JSON; expected what spikegym multitask study wrote`);
  }
  const { extent, results, information } = parse(dataSchema, value, path);
  const [there, now] = [JSON.stringify(extent), JSON.stringify(extentOf(config))];
  if (there !== now) {
    throw new UsageError(
      `${path} holds a study of another extent (${there}, now ${now}); nothing was changed, choose another --report`,
    );
  }
  const planned = new Set(planStudy(config).map(({ id }) => id));
  let restored = 0;
  const restore = async (file: string, result: unknown) => {
    if (existsSync(file)) return;
    await mkdir(dirname(file), { recursive: true });
    await writeFileAtomically(file, `${JSON.stringify(result, null, 2)}\n`);
    restored++;
  };
  for (const result of results) {
    if (planned.has(result.id)) await restore(join(out, result.id, "result.json"), result);
  }
  for (const result of information) {
    await restore(join(out, informationFolder(result.neuron, result.form), "summary.json"), result);
  }
  return { restored, kept: results.filter(({ id }) => !planned.has(id)) };
}

function extentOf({ epochs, convEpochs, limit }: StudyConfig) {
  return { epochs, convEpochs, limit };
}
