import { existsSync } from "node:fs";
import { UsageError } from "../../core/errors.ts";
import { prepareEngine } from "../../envs/physics/index.ts";
import { assembleEnvironment } from "../assemble.ts";
import { readLearningCurve } from "../learning-curve.ts";
import { describeMachine } from "../machine.ts";
import { trainAll } from "../processes/train-all.ts";
import { readRunRecord } from "../run-folder.ts";
import type { TrainSummary } from "../trainer.ts";
import {
  groupRuns,
  type LearningData,
  type LearningRecord,
  learningDataFile,
  readLearningDataFile,
} from "./learning-data.ts";
import {
  type LearningParameters,
  type LearningRun,
  learningParameters,
  planLearning,
} from "./learning-plan.ts";
import { reportLearning } from "./learning-report.ts";
import { defineStudy, describeSettings, type StudyOptions, type StudyResult } from "./study.ts";

/**
 * Learning curves of the neuron models under the same settings: native evaluation at exact steps, several seeds, to the
 * end of the step budget whatever happens on the way.
 */
export const learningStudy = defineStudy({
  id: "learning",
  summary: "learning curves of every neuron on both pendulums, with what happens after the first solution",
  references: [
    "He et al., Nature Computational Science 4, 584-599 (2024), for the tasks and models",
    "Agarwal et al., Deep reinforcement learning at the edge of the statistical precipice, NeurIPS 2021",
  ],
  parameters: learningParameters,
  run: runLearning,
});

async function runLearning(p: LearningParameters, options: StudyOptions): Promise<StudyResult> {
  const runs = planLearning(p, options.seeds, options.out);
  const finished = await publishedRuns(runs, p, options);
  const dataNow = (): LearningData => ({
    study: "learning",
    command: describeCommand(p, options),
    engine: p.engine,
    settings: p.settings,
    evaluationEpisodes: p.evaluationEpisodes,
    plannedRuns: runs.length,
    machine: describeMachine(),
    // In the order of the plan, whichever ended first.
    runs: runs.flatMap((run) => finished.get(run.name) ?? []),
  });
  await prepareEngine(p.engine);
  const missing = runs.filter(({ name }) => !finished.has(name));
  const outcomes = await trainAll(missing, {
    workers: options.workers,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.onNote === undefined ? {} : { onNote: options.onNote }),
    onProgress: (at) =>
      options.onProgress?.({
        done: at.steps,
        total: at.totalSteps,
        unit: "steps",
        fields: { runs: `${at.runsDone} of ${at.runs}` },
      }),
    onOutcome: async (outcome) => {
      if (!("summary" in outcome)) return;
      finished.set(outcome.job.name, await recordOf(outcome.job as LearningRun, outcome.summary));
      await reportLearning(options.report, dataNow());
    },
  });
  if (outcomes.length === 0 && finished.size > 0) await reportLearning(options.report, dataNow());
  const failed = outcomes.flatMap((outcome) => ("error" in outcome ? [outcome] : []));
  const groups = groupRuns(dataNow().runs);
  return {
    complete: finished.size === runs.length,
    document: {
      study: "learning",
      engine: p.engine,
      runs: finished.size,
      plannedRuns: runs.length,
      failed: failed.map(({ job, error }) => ({ run: job.name, error })),
      groups,
      report: options.report,
      out: options.out,
    },
    text: [
      ...groups.map(
        (g) =>
          `${g.task} ${g.model}: solved by ${Math.round(g.solvedShare * g.seeds)} of ${g.seeds} seeds, last ${g.final.value.toFixed(0)}, best ${g.best.value.toFixed(0)}`,
      ),
      ...failed.map(({ job, error }) => `failed: ${job.name}: ${error}`),
      `${finished.size} of ${runs.length} runs; ${options.report}`,
    ].join("\n"),
  };
}

/**
 * What the report holds already, with the versions that made it: a published run outlives the folder it was trained in.
 */
async function publishedRuns(
  runs: readonly LearningRun[],
  p: LearningParameters,
  { report, onNote }: StudyOptions,
): Promise<Map<string, LearningRecord>> {
  const file = learningDataFile(report, p.engine);
  const kept = new Map<string, LearningRecord>();
  if (!existsSync(file)) return kept;
  const data = await readLearningDataFile(file);
  if (data.settings !== p.settings || data.evaluationEpisodes !== p.evaluationEpisodes) {
    throw new UsageError(
      `${file} holds a study of other settings (${data.settings}, ${data.evaluationEpisodes} episodes an evaluation; now ${p.settings}, ${p.evaluationEpisodes}); nothing was changed, choose another --report`,
    );
  }
  for (const run of runs) {
    const there = data.runs.find(
      ({ task, model, seed, preset, steps, curve }) =>
        task === run.task &&
        model === run.model &&
        seed === run.seed &&
        preset === run.config.preset &&
        steps === run.config.training.steps &&
        curve.steps[0] === p.evaluateEvery,
    );
    if (there !== undefined) kept.set(run.name, there);
  }
  if (kept.size > 0) onNote?.(`${kept.size} of ${runs.length} runs stand in ${file} already and are kept`);
  return kept;
}

async function recordOf(run: LearningRun, summary: TrainSummary): Promise<LearningRecord> {
  const env = assembleEnvironment(run.config);
  env.close();
  return {
    task: run.task,
    model: run.model,
    seed: run.seed,
    preset: run.config.preset,
    environment: env.id,
    steps: summary.steps,
    solvedReturn: summary.solvedReturn,
    wallSeconds: summary.wallSeconds,
    cpuSeconds: summary.cpuSeconds,
    updateMs: summary.updateMs,
    versions: { ...(await readRunRecord(run.out)).versions },
    curve: await readLearningCurve(run.out),
  };
}

/** The command that makes this, without the folders of one machine. */
function describeCommand(p: LearningParameters, { seeds }: StudyOptions): string {
  return `spikegym study learning --seeds ${seeds}${describeSettings(p, learningParameters)}`;
}
