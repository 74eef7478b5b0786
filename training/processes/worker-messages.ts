import type { RunConfig } from "../config.ts";
import type { TrainProgress, TrainSummary } from "../trainer.ts";

/** What the parent says to a training process. */
export type ToWorker =
  | { readonly kind: "run"; readonly config: RunConfig; readonly out: string; readonly resume: boolean }
  | { readonly kind: "stop" };

/** And what it hears: progress and notes, then one of the last two. NaN arrives as null, for messages are JSON. */
export type FromWorker =
  | { readonly kind: "progress"; readonly progress: TrainProgress }
  | { readonly kind: "note"; readonly line: string }
  | { readonly kind: "done"; readonly summary: TrainSummary }
  | { readonly kind: "failed"; readonly message: string; readonly exitCode: number };
