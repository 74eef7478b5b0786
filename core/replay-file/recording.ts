import type { EventKind } from "./messages.ts";

/** Where the bytes go: a file, an array, a stream. */
export interface ByteSink {
  /** `bytes` is only valid until the promise settles. */
  write(bytes: Uint8Array): Promise<void>;
  /** The file is whole: make it visible. */
  close(): Promise<void>;
}

/** The body's side of a frame: where everything is at an instant, and what the agent sees. */
export interface FrameState {
  /** (x, y, angle) of every body of the scene: `env.poses(...)`. */
  readonly poses: ArrayLike<number>;
  readonly qpos: ArrayLike<number>;
  readonly qvel: ArrayLike<number>;
  readonly observation: ArrayLike<number>;
}

/** The neurons' side of one decision, in one layer. */
export interface LayerActivity {
  /** [ticks, units], anything but 0 is a spike. */
  readonly spikes: ArrayLike<number>;
  /** [ticks, tracedNeurons, variables] in the header's order and units; required when the header names any of both. */
  readonly traces?: ArrayLike<number>;
}

/** One decision: the state BEFORE it, the decision, and what came of it. */
export interface DecisionRecord extends FrameState {
  readonly action: ArrayLike<number>;
  readonly forceN: number;
  readonly reward: number;
  readonly terminated: boolean;
  readonly truncated: boolean;
  /** The critic's estimate, if one is at hand. */
  readonly value?: number;
  /** [heightPx, widthPx] of the scene's image, 0 black, 255 white; required when the scene has one. */
  readonly image?: Uint8Array;
  /** One entry for each layer of the header, by its id. */
  readonly layers: Readonly<Record<string, LayerActivity>>;
}

export interface EventRecord {
  readonly kind: EventKind;
  readonly label: string;
  /** What the kind measures: a push in N. */
  readonly value?: number;
}
