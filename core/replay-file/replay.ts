import type { ReplayHeader, ReplayLayer } from "./header.ts";
import type { EventKind } from "./messages.ts";
import { bitAt } from "./spike-bits.ts";

/**
 * The body's side of a replay as columns, one row a frame. A frame is a decision, or the state an episode ended in
 * (`final`). Rows of several numbers lie side by side: `poses[frame * 3 * bodies + ...]`.
 */
export interface Frames {
  readonly count: number;
  /** s on the file's clock, increasing. */
  readonly times: Float64Array;
  readonly episodes: Int32Array;
  /** Decision number in its episode. */
  readonly steps: Int32Array;
  readonly final: Uint8Array;
  /** [count, bodies, 3]: x m, y m, angle rad. */
  readonly poses: Float64Array;
  /** [count, qposSize] and [count, qvelSize]. */
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
  readonly qposSize: number;
  readonly qvelSize: number;
  /** [count, observationLabels]. */
  readonly observations: Float32Array;
  /** [count, actionLabels]; NaN in final frames. */
  readonly actions: Float32Array;
  /** N; 0 in final frames. */
  readonly forcesN: Float64Array;
  /** NaN in final frames. */
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  /** The critic's estimate; NaN where there is none. */
  readonly values: Float64Array;
  /** Row of a frame in the layers' arrays, -1 for final frames. */
  readonly decisions: Int32Array;
}

/** The neurons' side of one layer; one row a decision. */
export interface LayerTrack {
  readonly layer: ReplayLayer;
  /** Decisions held. */
  readonly count: number;
  /** [count, bytesPerDecision]; within a decision bit `tick * units + unit`. */
  readonly spikeBits: Uint8Array;
  readonly bytesPerDecision: number;
  /** [count, ticks, tracedNeurons, variables]; empty when nothing was traced. */
  readonly traces: Float32Array;
}

/** What was looked at: one picture a decision. */
export interface ImageTrack {
  readonly widthPx: number;
  readonly heightPx: number;
  /** [decisions, heightPx, widthPx], 0 black, 255 white. */
  readonly pixels: Uint8Array;
}

export interface ReplayEvent {
  readonly time: number;
  readonly episode: number;
  readonly kind: EventKind;
  readonly label: string;
  /** NaN where the kind measures nothing. */
  readonly value: number;
}

export interface Episode {
  readonly index: number;
  /** Label of its reset, e.g. `seed 3`. */
  readonly label: string;
  /** Time of its first frame, s. */
  readonly startSeconds: number;
  readonly firstFrame: number;
  /** Exclusive. */
  readonly endFrame: number;
  readonly steps: number;
  /** Sum of rewards. */
  readonly return: number;
  readonly terminated: boolean;
  readonly truncated: boolean;
}

/** What the outline knows of an episode. */
export type EpisodeOutline = Pick<
  Episode,
  "index" | "label" | "startSeconds" | "steps" | "return" | "terminated" | "truncated"
>;

/** What is known of a whole file without reading it: enough for the scrubber, the episodes and the jumps. */
export interface ReplayOutline {
  /** End of the last frame's step, s. */
  readonly durationSeconds: number;
  readonly frames: number;
  readonly episodes: readonly EpisodeOutline[];
  readonly events: readonly ReplayEvent[];
  /** Least and largest reward in equal spans of the file's time; null where a span has none. */
  readonly reward: { readonly low: readonly (number | null)[]; readonly high: readonly (number | null)[] };
}

/** A replay file in memory: whole, or a part of a large one around some instant (`outline` then tells of the rest). */
export interface Replay {
  readonly name: string;
  readonly header: ReplayHeader;
  readonly frames: Frames;
  readonly layers: readonly LayerTrack[];
  /** Where the scene has an image. */
  readonly images?: ImageTrack;
  /** Of the whole file. */
  readonly events: readonly ReplayEvent[];
  /** Those in memory. */
  readonly episodes: readonly Episode[];
  /** Start of the clock, s: 0 in a file, later where the past is let go. */
  readonly startSeconds: number;
  /** End of the whole file's last step, s. */
  readonly durationSeconds: number;
  /** Where only a part is in memory: what is known of the whole. */
  readonly outline?: ReplayOutline;
  /** False when the file ends early: its writer was not closed. */
  readonly whole: boolean;
  /** What a reader of the pictures must be told, e.g. that the file ends early. */
  readonly notices: readonly string[];
}

/** Whether a unit spiked at a tick of a decision. */
export function spikedAt(track: LayerTrack, decision: number, tick: number, unit: number): boolean {
  const bits = track.spikeBits.subarray(decision * track.bytesPerDecision);
  return bitAt(bits, tick * track.layer.units + unit);
}

/** A traced variable at a tick of a decision; `neuron` and `variable` are positions in the header's lists. */
export function tracedValue(
  track: LayerTrack,
  decision: number,
  tick: number,
  neuron: number,
  variable: number,
): number {
  const { ticks, tracedNeurons, variables } = track.layer;
  const row = (decision * ticks + tick) * tracedNeurons.length + neuron;
  return track.traces[row * variables.length + variable]!;
}

/** The last frame at or before a time (binary search); the first frame before the start. */
export function frameAt(frames: Frames, time: number): number {
  let low = 0;
  let high = frames.count - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (frames.times[middle]! <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}
