import { existsSync } from "node:fs";
import { UsageError } from "../../core/errors.ts";
import { prepareEngine } from "../../envs/physics/index.ts";
import { assembleEnvironment } from "../assemble.ts";
import { readLearningCurve } from "../learning-curve.ts";
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
  nameLearningRun,
  planLearning,
} from "./learning-plan.ts";
import { reportLearning } from "./learning-report.ts";
import { publishRuns, resultOf } from "./publish-runs.ts";
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
  await prepareEngine(p.engine);
  const outcome = await publishRuns<LearningRun, LearningRecord, LearningData>(
    {
      jobs: planLearning(p, options.seeds, options.out),
      command: `spikegym study learning --seeds ${options.seeds}${describeSettings(p, learningParameters)}`,
      file: learningDataFile(options.report, p.engine),
      nameOf: nameLearningRun,
      read: () => publishedData(p, options.report),
      record: recordOf,
      dataOf: (published) => ({
        study: "learning",
        engine: p.engine,
        settings: p.settings,
        evaluationEpisodes: p.evaluationEpisodes,
        ...published,
      }),
      write: (data) => reportLearning(options.report, data),
    },
    options,
  );
  const groups = groupRuns(outcome.data.runs);
  return resultOf(
    "learning",
    outcome,
    options,
    { engine: p.engine, groups },
    groups.map(
      (g) =>
        `${g.task} ${g.model}: solved by ${Math.round(g.solvedShare * g.seeds)} of ${g.seeds} seeds, last ${g.final.value.toFixed(0)}, best ${g.best.value.toFixed(0)}`,
    ),
  );
}

/**
 * What the report holds already.
 *
 * @throws UsageError where its runs cannot stand beside those that are to come
 */
async function publishedData(p: LearningParameters, report: string): Promise<LearningData | undefined> {
  const file = learningDataFile(report, p.engine);
  if (!existsSync(file)) return undefined;
  const data = await readLearningDataFile(file);
  const refuse = (what: string) =>
    new UsageError(`${file} holds ${what}; nothing was changed, choose another --report`);
  if (data.settings !== p.settings || data.evaluationEpisodes !== p.evaluationEpisodes) {
    throw refuse(
      `a study of other settings (${data.settings}, ${data.evaluationEpisodes} episodes an evaluation; now ${p.settings}, ${p.evaluationEpisodes})`,
    );
  }
  for (const run of data.runs) {
    // A task that is not planned has no length now.
    const steps = p.tasks.includes(run.task) ? p.steps[run.task] : run.steps;
    const evaluated = run.curve.steps[0]!;
    if (run.steps !== steps || evaluated !== Math.min(p.evaluateEvery, steps)) {
      throw refuse(
        `runs of another extent (${nameLearningRun(run)}: ${run.steps} steps, evaluated every ${evaluated}; now ${steps}, every ${p.evaluateEvery})`,
      );
    }
  }
  return data;
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
