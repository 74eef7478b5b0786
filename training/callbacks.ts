import type { UpdateMetrics } from "../agents/algorithm.ts";
import type { FinishedEpisode } from "./collector.ts";

/** Where a run stands, for a progress bar. */
export interface TrainProgress {
  readonly step: number;
  readonly steps: number;
  readonly stepsPerSecond: number;
  /** Mean return of the last ten training episodes; NaN before the first. */
  readonly recentReturn: number;
  /** Mean return of the latest evaluation; NaN before the first. */
  readonly evaluationReturn: number;
}

/** An evaluation during training. */
export interface TrainEvaluation {
  readonly step: number;
  /** Of each episode. */
  readonly returns: readonly number[];
  readonly mean: number;
  /** Whether none before it was better. */
  readonly best: boolean;
}

/**
 * What a program may hook into a run. None of them can change what is learnt (that would no longer be the run its
 * configuration describes); the ones that return a value may end it, with a checkpoint, by returning "stop".
 */
export interface TrainCallbacks {
  /** Now and then, for a progress bar. */
  readonly onProgress?: (progress: TrainProgress) => void;
  /** A line worth a reader's eye: an evaluation, a checkpoint that had to be passed over. */
  readonly onNote?: (line: string) => void;
  readonly onEpisode?: (step: number, episode: FinishedEpisode) => void;
  /** After the updates of a step, with the metrics of the first. */
  readonly onUpdate?: (step: number, metrics: UpdateMetrics) => void;
  readonly onEvaluation?: (evaluation: TrainEvaluation) => "stop" | undefined;
  readonly onCheckpoint?: (step: number) => void;
}
