import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { UsageError } from "../../core/errors.ts";
import { prepareEngine } from "../../envs/physics/index.ts";
import { describeMachine } from "../machine.ts";
import { readRunRecord } from "../run-folder.ts";
import type { TrainSummary } from "../trainer.ts";
import { withContribution } from "./contribution.ts";
import { mergeRuns } from "./merge-runs.ts";
import {
  groupPresetRuns,
  type PresetRecord,
  type PresetsData,
  presetsDataFile,
  readPresetsDataFile,
} from "./presets-data.ts";
import {
  namePresetRun,
  type PresetRun,
  type PresetsParameters,
  planPresets,
  presetsParameters,
} from "./presets-plan.ts";
import { reportPresets } from "./presets-report.ts";
import { defineStudy, describeSettings, type StudyOptions, type StudyResult } from "./study.ts";
import { trainRuns } from "./train-runs.ts";

/** Which preset solves which environment, and how fast: every run goes on until its task is solved or its budget ends. */
export const presetsStudy = defineStudy({
  id: "presets",
  summary: "which preset solves which environment, how fast, and from how many seeds",
  references: ["He et al., Nature Computational Science 4, 584-599 (2024), for the actors"],
  parameters: presetsParameters,
  run: runPresets,
});

async function runPresets(p: PresetsParameters, options: StudyOptions): Promise<StudyResult> {
  const runs = planPresets(p, options.seeds, options.out);
  const planned = runs.map(({ name }) => name);
  const before = await publishedData(p, options.report);
  let there = before && withoutOutdated(before, runs);
  const published = new Set(there?.runs.map(namePresetRun));
  if (before !== undefined) tellOfPublished(before, published, planned, options);
  const finished = new Map<string, PresetRecord>();
  const dataNow = (): PresetsData => ({
    study: "presets",
    contributions: withContribution(there?.contributions ?? [], {
      command: `spikegym study presets --seeds ${options.seeds}${describeSettings(p, presetsParameters)}`,
      machine: describeMachine(),
    }),
    engine: p.engine,
    set: p.set,
    ...mergeRuns(there ?? { runs: [], missing: [] }, namePresetRun, planned, finished),
  });
  // Says at once what is not installed, before the first run and not at each.
  for (const engine of new Set(runs.map(({ config }) => config.environment.engine)))
    await prepareEngine(engine);
  const failed = await trainRuns(
    runs.filter(({ name }) => !published.has(name)),
    options,
    async (run, summary) => {
      finished.set(run.name, await recordOf(run, summary));
      // Another command may have added to the report in the meantime.
      const now = await publishedData(p, options.report);
      there = now && withoutOutdated(now, runs);
      await reportPresets(options.report, dataNow());
    },
  );
  // A command that adds nothing is not one that the data were made by; the page may still want writing anew.
  if (finished.size === 0 && before !== undefined) await reportPresets(options.report, before);
  const data = dataNow();
  const done = new Set(data.runs.map(namePresetRun));
  const ownDone = planned.filter((name) => done.has(name)).length;
  const groups = groupPresetRuns(data.runs);
  return {
    complete: ownDone === runs.length,
    document: {
      study: "presets",
      runs: ownDone,
      plannedRuns: runs.length,
      otherRuns: data.runs.length - ownDone,
      failed,
      presets: groups.map(({ runs: own, ...measures }) => ({
        preset: own[0]!.preset,
        environment: own[0]!.environment,
        seeds: own.length,
        ...measures,
      })),
      report: options.report,
      out: options.out,
    },
    text: [
      ...groups.map(
        ({ runs: own, solved, held }) =>
          `${own[0]!.environment}: ${own[0]!.preset} solved by ${solved} of ${own.length} seeds, held by ${held}`,
      ),
      ...failed.map(({ run, error }) => `failed: ${run}: ${error}`),
      `${ownDone} of ${runs.length} runs; ${options.report}`,
    ].join("\n"),
  };
}

/**
 * What the report holds already.
 *
 * @throws UsageError where its runs cannot stand beside those that are to come
 */
async function publishedData(
  { engine, set }: PresetsParameters,
  report: string,
): Promise<PresetsData | undefined> {
  const file = presetsDataFile(report);
  if (!existsSync(file)) return undefined;
  const data = await readPresetsDataFile(file);
  if (data.engine !== engine || !isDeepStrictEqual(data.set, set)) {
    throw new UsageError(
      `${file} holds a study of other settings (engine ${data.engine}, set ${JSON.stringify(data.set)}; now ${engine}, ${JSON.stringify(set)}); nothing was changed, choose another --report`,
    );
  }
  return data;
}

/** Runs of this plan whose preset has changed since are to be made anew; those outside of it stay as they are. */
function withoutOutdated(data: PresetsData, runs: readonly PresetRun[]): PresetsData {
  const now = new Map(runs.map(({ preset, configuration }) => [preset, configuration]));
  return {
    ...data,
    runs: data.runs.filter(
      ({ preset, configuration }) => (now.get(preset) ?? configuration) === configuration,
    ),
  };
}

function tellOfPublished(
  before: PresetsData,
  published: ReadonlySet<string>,
  planned: readonly string[],
  { report, onNote }: StudyOptions,
): void {
  const file = presetsDataFile(report);
  const kept = planned.filter((name) => published.has(name)).length;
  if (kept > 0) onNote?.(`${kept} of ${planned.length} runs stand in ${file} already and are kept`);
  const others = published.size - kept;
  if (others > 0)
    onNote?.(
      `${others} of the ${before.runs.length} runs in ${file} lie outside of this plan and are carried over`,
    );
  const outdated = before.runs.length - published.size;
  if (outdated > 0)
    onNote?.(
      `${outdated} of the ${before.runs.length} runs in ${file} are of presets that have changed since; they are left out and trained anew`,
    );
}

async function recordOf(run: PresetRun, summary: TrainSummary): Promise<PresetRecord> {
  const { environment, algorithm, policy, training } = run.config;
  return {
    preset: run.preset,
    configuration: run.configuration,
    seed: run.seed,
    environment: environment.id,
    engine: environment.engine,
    algorithm: algorithm.id,
    neuron: policy.neuron.id,
    population: policy.population,
    budget: training.steps,
    steps: summary.steps,
    evaluateEvery: training.evaluateEvery,
    evaluationEpisodes: training.evaluationEpisodes,
    confirmationEpisodes: training.confirmationEpisodes,
    solvedReturn: summary.solvedReturn,
    solvedAtStep: summary.solvedAtStep,
    confirmedAtStep: summary.confirmedAtStep,
    finalReturn: summary.finalReturn,
    bestReturn: summary.bestReturn,
    wallSeconds: summary.wallSeconds,
    cpuSeconds: summary.cpuSeconds,
    updateMs: summary.updateMs,
    versions: { ...(await readRunRecord(run.out)).versions },
  };
}
