import type { Trial } from "./trial.ts";

/** What a trial process is told. */
export type ToTrialProcess =
  | { readonly kind: "run"; readonly folder: string; readonly trial: Trial }
  | { readonly kind: "stop" };

/** And what it says: notes, and one of the others for each trial. */
export type FromTrialProcess =
  | { readonly kind: "note"; readonly line: string }
  | { readonly kind: "done" }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly message: string; readonly exitCode: number };
