/**
 * The protobuf messages of a replay file as data: one table gives the wire codec (message-codec.ts), the TypeScript
 * type and the schema that is embedded in the file, so that the three cannot drift apart.
 */

/** Scalar kinds, then packed repeated ones. */
export type FieldKind = "uint32" | "fixed32" | "double" | "bool" | "string" | "bytes" | "doubles" | "floats";

export interface MessageTable {
  readonly name: string;
  /** Field name to [protobuf number, kind]. Numbers are for ever: a field may be added, never renumbered. */
  readonly fields: Readonly<Record<string, readonly [number: number, kind: FieldKind]>>;
}

interface ValueOf {
  uint32: number;
  fixed32: number;
  double: number;
  bool: boolean;
  string: string;
  bytes: Uint8Array;
  doubles: Float64Array;
  floats: Float32Array;
}

/** The decoded form of a table's message. */
export type MessageOf<T extends MessageTable> = {
  -readonly [K in keyof T["fields"]]: ValueOf[T["fields"][K][1]];
};

/** Topic `/step`: one frame. Every decision gives one; an episode's end gives one more with `final` set. */
export const stepMessage = {
  name: "Step",
  fields: {
    /** Running number in the file, from 0. */
    frame: [1, "uint32"],
    episode: [2, "uint32"],
    /** Decision number in the episode, from 0. */
    step: [3, "uint32"],
    /** s on the file's clock. */
    time: [4, "double"],
    /** The state after the last decision: it has no action, force, reward, spikes or traces. */
    final: [5, "bool"],
    /** (x m, y m, angle rad) of every body of the scene, at `time`. */
    poses: [6, "doubles"],
    qpos: [7, "doubles"],
    qvel: [8, "doubles"],
    /** What the agent saw at `time`. */
    observation: [9, "floats"],
    /** What it decided, held from `time` for one step. */
    action: [10, "floats"],
    /** The force the action stands for, N. */
    forceN: [11, "double"],
    /** What the step paid. */
    reward: [12, "double"],
    terminated: [13, "bool"],
    truncated: [14, "bool"],
    /** The critic's estimate for this observation and action; NaN where there is none. */
    value: [15, "double"],
  },
} as const satisfies MessageTable;

/** Topic `/spikes/<layer>`: the spikes of one decision. */
export const spikesMessage = {
  name: "Spikes",
  fields: {
    frame: [1, "uint32"],
    ticks: [2, "uint32"],
    units: [3, "uint32"],
    /** Bit `tick * units + unit`, least significant bit of a byte first. */
    bits: [4, "bytes"],
  },
} as const satisfies MessageTable;

/** Topic `/traces/<layer>`: the state variables of the traced neurons through one decision. */
export const tracesMessage = {
  name: "Traces",
  fields: {
    frame: [1, "uint32"],
    ticks: [2, "uint32"],
    neurons: [3, "uint32"],
    variables: [4, "uint32"],
    /** [ticks, neurons, variables], the last index fastest, in the units the header names. */
    values: [5, "floats"],
  },
} as const satisfies MessageTable;

/** Topic `/event`: a named instant. */
export const eventMessage = {
  name: "Event",
  fields: {
    /** s on the file's clock. */
    time: [1, "double"],
    episode: [2, "uint32"],
    /** One of `eventKinds`. */
    kind: [3, "string"],
    label: [4, "string"],
    /** What the kind measures (a push: N); NaN where it measures nothing. */
    value: [5, "double"],
  },
} as const satisfies MessageTable;

export type StepMessage = MessageOf<typeof stepMessage>;
export type SpikesMessage = MessageOf<typeof spikesMessage>;
export type TracesMessage = MessageOf<typeof tracesMessage>;
export type EventMessage = MessageOf<typeof eventMessage>;

/** `reset`: an episode starts. `push`: a perturbation. `failure`: terminated. `end`: time ran out. `mark`: any other. */
export const eventKinds = ["reset", "push", "failure", "end", "mark"] as const;
export type EventKind = (typeof eventKinds)[number];

export const stepTopic = "/step";
export const eventTopic = "/event";
export const spikesTopic = (layer: string): string => `/spikes/${layer}`;
export const tracesTopic = (layer: string): string => `/traces/${layer}`;
