import { prepareEngine } from "../../envs/physics/index.ts";
import { assembleEnvironment } from "../assemble.ts";
import { readLearningCurve } from "../learning-curve.ts";
import { describeMachine } from "../machine.ts";
import { trainAll } from "../processes/train-all.ts";
import { readRunRecord } from "../run-folder.ts";
import type { TrainSummary } from "../trainer.ts";
import { groupRuns, type LearningData, type LearningRecord } from "./learning-data.ts";
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
  const finished = new Map<string, LearningRecord>();
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
  const outcomes = await trainAll(runs, {
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
