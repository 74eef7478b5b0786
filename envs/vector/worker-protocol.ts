import type { MessagePort } from "node:worker_threads";
import type { EnvSpec } from "./env-spec.ts";
import type { InfoShape } from "./info-slots.ts";
import type { LaneSizes } from "./lane-arrays.ts";
import type { LaneInfo, LaneParameters, LaneReset, LaneRules } from "./lanes.ts";
import type { LaneSnapshot } from "./vector-env.ts";

/**
 * How the caller and one worker speak. Each has the other wait on a word of shared memory that counts orders up:
 *
 *     caller: writes ORDER, sets ASKED = n, wakes   ->   worker: obeys, writes ANSWER, sets ANSWERED = n, wakes
 *
 * Numbers travel in shared memory (LaneArrays, InfoSlots); what does not fit there (snapshots, errors, odd infos) goes
 * through a message port and is taken from it without waiting, for it was posted before ANSWERED was set.
 */
export const ASKED = 0;
export const ANSWERED = 1;
export const ORDER = 2;
export const ANSWER = 3;
/** int32 words a worker. */
export const WORDS = 4;

export const ORDER_STEP = 1;
/** What to do is the message that was posted first. */
export const ORDER_MESSAGE = 2;

export const ANSWER_DONE = 1;
/** Done, and a WorkerReport has been posted. */
export const ANSWER_REPORT = 2;
/** The worker has ended or is about to. */
export const ANSWER_GONE = 3;

export type WorkerRequest =
  | { readonly kind: "reset"; readonly resets: readonly LaneReset[] }
  | { readonly kind: "snapshot" }
  | { readonly kind: "restore"; readonly lanes: readonly LaneSnapshot[] }
  | { readonly kind: "parameters"; readonly changes: readonly LaneParameters[] }
  | { readonly kind: "close" };

export type WorkerReport =
  /** Infos that do not fit into InfoSlots, and the shapes that were met for the first time. */
  | { readonly kind: "infos"; readonly infos: readonly LaneInfo[]; readonly shapes: readonly InfoShape[] }
  | { readonly kind: "snapshot"; readonly lanes: readonly LaneSnapshot[] }
  | { readonly kind: "error"; readonly message: string; readonly usage: boolean };

/** What a worker is started with. */
export interface WorkerStart {
  readonly spec: EnvSpec;
  readonly sizes: LaneSizes;
  readonly rules: LaneRules;
  /** Its environments are `first` to `first + count - 1` of the vector. */
  readonly first: number;
  readonly count: number;
  readonly lanes: SharedArrayBuffer;
  /** InfoSlots of the whole vector. */
  readonly infos: SharedArrayBuffer;
  readonly words: SharedArrayBuffer;
  /** The worker's end of the message port. */
  readonly port: MessagePort;
}
