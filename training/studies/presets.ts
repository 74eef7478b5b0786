import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { UsageError } from "../../core/errors.ts";
import { prepareEngine } from "../../envs/physics/index.ts";
import { readRunRecord } from "../run-folder.ts";
import type { TrainSummary } from "../trainer.ts";
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
import { publishRuns, resultOf } from "./publish-runs.ts";
import { defineStudy, describeSettings, type StudyOptions, type StudyResult } from "./study.ts";

/** Which preset solves which environment, and how fast: every run goes on until its task is solved or its budget ends. */
export const presetsStudy = defineStudy({
  id: "presets",
  summary: "which preset solves which environment, how fast, and from how many seeds",
  references: ["He et al., Nature Computational Science 4, 584-599 (2024), for the actors"],
  parameters: presetsParameters,
  run: runPresets,
});

async function runPresets(p: PresetsParameters, options: StudyOptions): Promise<StudyResult> {
  const jobs = planPresets(p, options.seeds, options.out);
  // Says at once what is not installed, before the first run and not at each.
  for (const engine of new Set(jobs.map(({ config }) => config.environment.engine)))
    await prepareEngine(engine);
  const outcome = await publishRuns<PresetRun, PresetRecord, PresetsData>(
    {
      jobs,
      command: `spikegym study presets --seeds ${options.seeds}${describeSettings(p, presetsParameters)}`,
      file: presetsDataFile(options.report),
      nameOf: namePresetRun,
      read: () => publishedData(p, options.report),
      standing: (runs) => withoutOutdated(runs, jobs),
      record: recordOf,
      dataOf: (published) => ({ study: "presets", engine: p.engine, set: p.set, ...published }),
      write: (data) => reportPresets(options.report, data),
    },
    options,
  );
  const groups = groupPresetRuns(outcome.data.runs);
  const presets = groups.map(({ runs: own, ...measures }) => ({
    preset: own[0]!.preset,
    environment: own[0]!.environment,
    seeds: own.length,
    ...measures,
  }));
  return resultOf(
    "presets",
    outcome,
    options,
    { presets },
    presets.map(
      ({ preset, environment, seeds, solved, held }) =>
        `${environment}: ${preset} solved by ${solved} of ${seeds} seeds, held by ${held}`,
    ),
  );
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
function withoutOutdated(records: readonly PresetRecord[], jobs: readonly PresetRun[]): PresetRecord[] {
  const now = new Map(jobs.map(({ preset, configuration }) => [preset, configuration]));
  return records.filter(({ preset, configuration }) => (now.get(preset) ?? configuration) === configuration);
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
