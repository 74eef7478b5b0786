import { existsSync } from "node:fs";
import { UsageError } from "../../core/errors.ts";
import { prepareEngine } from "../../envs/physics/index.ts";
import { assembleEnvironment } from "../assemble.ts";
import { readLearningCurve } from "../learning-curve.ts";
import { describeMachine } from "../machine.ts";
import { readRunRecord } from "../run-folder.ts";
import type { TrainSummary } from "../trainer.ts";
import { withContribution } from "./contribution.ts";
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
import { mergeRuns } from "./merge-runs.ts";
import { defineStudy, describeSettings, type StudyOptions, type StudyResult } from "./study.ts";
import { trainRuns } from "./train-runs.ts";

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
  const planned = runs.map(({ name }) => name);
  let there = await publishedData(p, options.report);
  const published = new Set(there?.runs.map(nameLearningRun));
  if (there !== undefined) tellOfPublished(published, planned, p, options);
  const finished = new Map<string, LearningRecord>();
  const dataNow = (): LearningData => ({
    study: "learning",
    contributions: withContribution(there?.contributions ?? [], {
      command: describeCommand(p, options),
      machine: describeMachine(),
    }),
    engine: p.engine,
    settings: p.settings,
    evaluationEpisodes: p.evaluationEpisodes,
    ...mergeRuns(there ?? { runs: [], missing: [] }, nameLearningRun, planned, finished),
  });
  await prepareEngine(p.engine);
  const failed = await trainRuns(
    runs.filter(({ name }) => !published.has(name)),
    options,
    async (run, summary) => {
      finished.set(run.name, await recordOf(run, summary));
      // Another command may have added to the report in the meantime.
      there = await publishedData(p, options.report);
      await reportLearning(options.report, dataNow());
    },
  );
  // A command that adds nothing is not one that the data were made by; pages and pictures may still want drawing anew.
  if (finished.size === 0 && there !== undefined) await reportLearning(options.report, there);
  const data = dataNow();
  const done = new Set(data.runs.map(nameLearningRun));
  const groups = groupRuns(data.runs);
  const ownDone = planned.filter((name) => done.has(name)).length;
  return {
    complete: ownDone === runs.length,
    document: {
      study: "learning",
      engine: p.engine,
      runs: ownDone,
      plannedRuns: runs.length,
      otherRuns: data.runs.length - ownDone,
      failed,
      groups,
      report: options.report,
      out: options.out,
    },
    text: [
      ...groups.map(
        (g) =>
          `${g.task} ${g.model}: solved by ${Math.round(g.solvedShare * g.seeds)} of ${g.seeds} seeds, last ${g.final.value.toFixed(0)}, best ${g.best.value.toFixed(0)}`,
      ),
      ...failed.map(({ run, error }) => `failed: ${run}: ${error}`),
      `${ownDone} of ${runs.length} runs; ${options.report}`,
    ].join("\n"),
  };
}

/**
 * What the report holds already, with the versions that made it: a published run outlives the folder it was trained in.
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

function tellOfPublished(
  published: ReadonlySet<string>,
  planned: readonly string[],
  { engine }: LearningParameters,
  { report, onNote }: StudyOptions,
): void {
  const file = learningDataFile(report, engine);
  const kept = planned.filter((name) => published.has(name)).length;
  if (kept > 0) onNote?.(`${kept} of ${planned.length} runs stand in ${file} already and are kept`);
  const others = published.size - kept;
  if (others > 0)
    onNote?.(
      `${others} of the ${published.size} runs in ${file} lie outside of this plan and are carried over`,
    );
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
