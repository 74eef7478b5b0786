import { type TrainJob, trainAll } from "../processes/train-all.ts";
import type { TrainSummary } from "../trainer.ts";
import type { StudyOptions } from "./study.ts";

export interface FailedRun {
  readonly run: string;
  readonly error: string;
}

/**
 * Trains the runs of a study, with its progress and notes.
 *
 * @param onEnd told of each run that has ended by itself, also of those that had before
 * @returns those that failed
 */
export async function trainRuns<R extends TrainJob>(
  runs: readonly R[],
  { workers, signal, onNote, onProgress }: StudyOptions,
  onEnd: (run: R, summary: TrainSummary) => Promise<void>,
): Promise<FailedRun[]> {
  const outcomes = await trainAll(runs, {
    workers,
    ...(signal === undefined ? {} : { signal }),
    ...(onNote === undefined ? {} : { onNote }),
    onProgress: (at) =>
      onProgress?.({
        done: at.steps,
        total: at.totalSteps,
        unit: "steps",
        fields: { runs: `${at.runsDone} of ${at.runs}` },
      }),
    onOutcome: async (outcome) => {
      // The jobs are those handed in.
      if ("summary" in outcome) await onEnd(outcome.job as R, outcome.summary);
    },
  });
  return outcomes.flatMap((outcome) =>
    "error" in outcome ? [{ run: outcome.job.name, error: outcome.error }] : [],
  );
}
