import { z } from "zod";
import { FileError, SpikegymError } from "../errors.ts";
import { parse } from "../parse.ts";
import type { Scene } from "../scene.ts";

/** Name of the format and its version; a reader refuses a newer version with a sentence. */
export const formatName = "spikegym-replay";
export const formatVersion = 1;

/** The header is the file's first MCAP metadata record: one key, whose value is JSON. */
export const headerRecordName = "spikegym.header";
export const headerKey = "json";

const text = z.string().max(4000);
const label = z.string().max(200);
const labels = z.array(label).max(4096);
const finite = z.number();
const positive = z.number().positive();

const scene: z.ZodType<Scene> = z.object({
  bodies: z
    .array(
      z.object({
        id: label,
        role: z.enum(["cart", "pole"]),
        shape: z.discriminatedUnion("kind", [
          z.object({ kind: z.literal("box"), widthM: positive, heightM: positive }),
          z.object({ kind: z.literal("rod"), lengthM: positive, radiusM: positive }),
        ]),
      }),
    )
    .max(256),
  view: z
    .object({ xMin: finite, xMax: finite, yMin: finite, yMax: finite })
    .refine((v) => v.xMax > v.xMin && v.yMax > v.yMin, "expected xMin < xMax and yMin < yMax"),
  rail: z.object({ y: finite, xMin: finite, xMax: finite }).exactOptional(),
  forceOn: z.int().nonnegative().exactOptional(),
  image: z
    .object({
      widthPx: z.int().min(1).max(4096),
      heightPx: z.int().min(1).max(4096),
      tasks: z.array(z.object({ name: label, classes: labels })).max(64),
    })
    .exactOptional(),
});

const layer = z
  .object({
    /** Name in topics: letters, digits, `.`, `_`, `-`. */
    id: z.string().regex(/^[\w.-]{1,64}$/, "expected 1 to 64 letters, digits, dots, dashes"),
    /** Id of the neuron model. */
    neuron: label,
    units: z.int().min(1).max(65_536),
    /** Ticks a decision. They are shown spread evenly over the step. */
    ticks: z.int().min(1).max(65_536),
    /** Duration of a tick in the model's own time, ms; null where the model's time has no unit. */
    tickMs: positive.nullable(),
    /** Spike threshold, in the unit of the membrane variable. */
    threshold: finite.exactOptional(),
    /** State variables in `/traces`, in their order there. */
    variables: z
      .array(z.object({ name: label, unit: label, role: z.enum(["membrane", "gate", "current", "other"]) }))
      .max(64),
    /** Units whose variables are in `/traces`, in their order there. */
    tracedNeurons: z.array(z.int().nonnegative()).max(65_536),
    /** Neurons begin every decision at rest: no line joins the end of one with the start of the next. */
    startsAtRest: z.boolean().exactOptional(),
    /** How strongly each unit moves the action (for sorting and drawing): [units]. */
    sensitivity: z.array(finite).exactOptional(),
    /** What the layer is driven by, and the weights [units, inputs], inputs fastest, if they are worth drawing. */
    inputs: z.object({ labels, weights: z.array(finite).max(4_194_304).exactOptional() }).exactOptional(),
  })
  .refine((l) => l.tracedNeurons.every((n) => n < l.units), "expected every traced neuron below units")
  .refine((l) => new Set(l.tracedNeurons).size === l.tracedNeurons.length, "expected each traced neuron once")
  .refine(
    (l) => l.sensitivity === undefined || l.sensitivity.length === l.units,
    "expected one sensitivity a unit",
  )
  .refine(
    (l) => l.inputs?.weights === undefined || l.inputs.weights.length === l.units * l.inputs.labels.length,
    "expected units x inputs input weights",
  );

const fields = z.object({
  /** Id of the environment, e.g. `InvertedDoublePendulum-v5`. */
  env: label,
  engine: label,
  /** Physical duration of a step, s. A day at most: the container counts time in nanoseconds of 64 bits. */
  stepSeconds: positive.max(86_400),
  scene,
  /** With units, as `Env.observationLabels`. */
  observationLabels: labels,
  actionLabels: labels,
  /** The seed that made the agent, if one did. */
  seed: z.union([z.number(), z.string().max(200)]).nullable(),
  /** Who acts, in a sentence. */
  agent: text,
  preset: label.nullable(),
  /** Versions of what made the file, e.g. `{ spikegym: "0.1.0" }`. */
  versions: z.record(label, label),
  /** Spiking layers from input to output; none for an agent without spikes. */
  layers: z.array(layer).max(64),
  /** What one must know to read the pictures rightly, e.g. what hh-published really computes. */
  notes: z.array(text).max(64),
});

const headerSchema = fields
  .refine(
    ({ scene: { image }, actionLabels }) =>
      image === undefined ||
      actionLabels.length === image.tasks.reduce((sum, { classes }) => sum + classes.length, 0),
    "expected one action a class of the image's tasks",
  )
  .refine(
    ({ scene: { image }, observationLabels }) =>
      image === undefined || observationLabels.length === image.tasks.length,
    "expected one observation a task of the image: the true class",
  );

export type ReplayHeader = z.output<typeof headerSchema>;
export type ReplayLayer = ReplayHeader["layers"][number];
export type TracedVariable = ReplayLayer["variables"][number];

/** Checks a header about to be written. Throws a UsageError that names the field. */
export function checkHeader(header: ReplayHeader): ReplayHeader {
  const checked = parse(headerSchema, header, "replay header");
  const ids = checked.layers.map((l) => l.id);
  if (new Set(ids).size !== ids.length) {
    throw new SpikegymError(`replay header: layer ids are ${ids.join(", ")}, expected each once`);
  }
  return checked;
}

export function encodeHeader(header: ReplayHeader): string {
  return JSON.stringify({ format: formatName, version: formatVersion, ...header });
}

/** Parses a header as hostile input. Throws a FileError. */
export function decodeHeader(json: string, file: string): ReplayHeader {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new FileError(`${file}: its header is not JSON; record the episode again`);
  }
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown };
  if (format !== formatName || typeof version !== "number") {
    throw new FileError(
      `${file}: its header is not one of format "${formatName}"; expected a spikegym replay file`,
    );
  }
  if (version > formatVersion) {
    throw new FileError(
      `${file}: format version ${version}, this program reads up to ${formatVersion}; update spikegym`,
    );
  }
  try {
    return checkHeader(value as ReplayHeader);
  } catch (error) {
    throw new FileError(`${file}: ${(error as Error).message}`);
  }
}

/** True when a decision's ticks fill the step in the model's own time, so that neural and body time are one. */
export function runsInRealTime(header: ReplayHeader, of: ReplayLayer): boolean {
  if (of.tickMs === null) return false;
  const stepMs = header.stepSeconds * 1000;
  return Math.abs(of.ticks * of.tickMs - stepMs) <= 1e-6 * stepMs;
}
