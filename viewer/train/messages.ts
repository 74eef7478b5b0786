import type { RunConfig } from "../../training/config.ts";
import type { PolicyFile } from "../../training/policy-file.ts";

/** From the page to the worker that trains. */
export type TrainOrder =
  | { readonly type: "start"; readonly config: RunConfig }
  | { readonly type: "run"; readonly running: boolean }
  /** The policy as a file: as it is now, or the best one so far. */
  | { readonly type: "save"; readonly which: "now" | "best" };

export interface TrainProgress {
  readonly step: number;
  readonly steps: number;
  readonly seconds: number;
  readonly stepsPerSecond: number;
  /** Returns of the training episodes that ended since the last report, with the step they ended at. */
  readonly episodes: readonly { readonly step: number; readonly return: number }[];
}

export interface TrainEvaluation {
  readonly step: number;
  readonly mean: number;
  readonly worst: number;
  readonly best: boolean;
  /** How many of the confirming episodes held, once the threshold was reached; null: not asked. */
  readonly confirmed: { readonly held: number; readonly of: number } | null;
}

/** From the worker to the page. */
export type TrainReport =
  | { readonly type: "started"; readonly policy: Uint8Array; readonly solvedReturn: number }
  | { readonly type: "progress"; readonly progress: TrainProgress }
  | { readonly type: "evaluation"; readonly evaluation: TrainEvaluation }
  | { readonly type: "learner"; readonly learner: PolicyFile["learner"]; readonly step: number }
  | { readonly type: "saved"; readonly which: "now" | "best"; readonly bytes: Uint8Array }
  /** Why it stands still. */
  | { readonly type: "rests"; readonly reason: "asked" | "solved" | "steps" }
  | { readonly type: "failed"; readonly message: string };
