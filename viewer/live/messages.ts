import type { EnvParameters } from "../../core/env.ts";
import type { ReplayHeader } from "../../core/replay-file/header.ts";
import type { PolicyFile } from "../../training/policy-file.ts";
import type { Hand, LiveStep } from "./live-session.ts";

/** From the page to the worker that steps. */
export type LiveOrder =
  | {
      readonly type: "start";
      readonly policy: Uint8Array;
      readonly name: string;
      /** null: the one of the policy's own configuration. */
      readonly engine: string | null;
      readonly seed: number;
    }
  | { readonly type: "learn"; readonly learner: PolicyFile["learner"] }
  | { readonly type: "run"; readonly running: boolean; readonly speed: number }
  | { readonly type: "push"; readonly forceN: number }
  | { readonly type: "hold"; readonly hand: Hand | null }
  | { readonly type: "parameters"; readonly changes: EnvParameters }
  | { readonly type: "lesion"; readonly share: number }
  | { readonly type: "restart" }
  | { readonly type: "record"; readonly on: boolean };

/** From the worker to the page. */
export type LiveReport =
  | {
      readonly type: "started";
      readonly header: ReplayHeader;
      readonly parameters: EnvParameters;
      readonly engine: string;
    }
  | { readonly type: "step"; readonly step: LiveStep }
  | { readonly type: "scene"; readonly header: ReplayHeader; readonly parameters: EnvParameters }
  | { readonly type: "recorded"; readonly bytes: Uint8Array; readonly seconds: number }
  /** How long a decision and its step take, ms: mean of the last second. */
  | { readonly type: "pace"; readonly stepMs: number; readonly behind: boolean }
  | { readonly type: "failed"; readonly message: string };
