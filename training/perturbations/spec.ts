import { z } from "zod";
import { UsageError } from "../../core/errors.ts";
import { parse } from "../../core/parse.ts";
import type { PerturbationDefinition } from "./definition.ts";
import { perturbations } from "./index.ts";
import { type Schedule, scheduleSchema } from "./schedule.ts";
import { levelOfSeverity, severityOfLevel } from "./severity.ts";

const specSchema = z.looseObject({
  axis: z.string().describe("id of the perturbation"),
  level: z.number().optional().describe("how much, in the axis' unit"),
  severity: z.number().min(0).max(5).optional().describe("how much, on its scale from 0 to 5"),
  dimensions: z
    .array(z.number().int().min(0))
    .min(1)
    .nullable()
    .default(null)
    .describe("entries of the observation or action it touches; null: all"),
  schedule: z
    .union([scheduleSchema, z.enum(["constant", "step", "drift", "periodic", "walk"])])
    .default("constant")
    .describe("how the level moves within an episode"),
});

export type PerturbationInput = z.input<typeof specSchema>;

/** One perturbation, resolved: what a trial's identity and a run's record hold. */
export interface PerturbationSpec {
  readonly axis: string;
  /** In the axis' unit. */
  readonly level: number;
  /** The same on its scale. */
  readonly severity: number;
  readonly dimensions: readonly number[] | null;
  readonly schedule: Schedule;
  /** The axis' own options. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Checks and resolves a perturbation of any origin.
 *
 * @throws UsageError for an unknown axis or option (with the nearest), a level out of range, a level and a severity at
 *   once, dimensions or a schedule where the axis has none
 */
export function resolvePerturbation(input: unknown): PerturbationSpec {
  const { axis, level, severity, dimensions, schedule, ...rest } = parse(specSchema, input, "perturbation");
  const definition: PerturbationDefinition = perturbations.get(axis);
  const where = `perturbation "${axis}"`;
  if ((level === undefined) === (severity === undefined)) {
    throw new UsageError(
      `${where}: it has ${level === undefined ? "neither" : "both"} a level ${level === undefined ? "nor" : "and"} a severity, expected one of them`,
    );
  }
  const { range, unit, integer, kind } = definition;
  const amount = level ?? levelOfSeverity(definition, severity!);
  if (amount < range.min || amount > range.max) {
    throw new UsageError(
      `${where}: level ${amount} is out of range, expected ${range.min} to ${range.max} (${unit})`,
    );
  }
  if (integer && !Number.isInteger(amount)) {
    throw new UsageError(`${where}: level ${amount}, expected a whole number of ${unit}`);
  }
  if (dimensions !== null && kind !== "sensor" && kind !== "actuator") {
    throw new UsageError(`${where}: it has no dimensions to choose from; leave "dimensions" out`);
  }
  const moves = scheduleSchema.parse(typeof schedule === "string" ? { kind: schedule } : schedule);
  if (moves.kind !== "constant" && definition.scheduled === false) {
    throw new UsageError(`${where}: it cannot be scheduled; leave "schedule" out`);
  }
  return {
    axis,
    level: amount,
    severity: severity ?? severityOfLevel(definition, amount),
    dimensions,
    schedule: moves,
    options: parse(definition.options ?? z.strictObject({}), rest, where),
  };
}

/**
 * Reads `axis=level`, `axis=sSEVERITY`, and further `,key=value`: `sensor-noise=0.1`, `actuator-delay=s2`,
 * `sensor-bias=0.05,dimensions=0+3,schedule=drift,overS=5`. The keys of a schedule stand beside its name.
 *
 * @throws UsageError for anything else
 */
export function parsePerturbation(text: string): PerturbationSpec {
  const [head = "", ...others] = text.split(",");
  const [axis = "", amount = ""] = split(head, text);
  const input: Record<string, unknown> = { axis, ...readAmount(amount, text) };
  const schedule: Record<string, unknown> = {};
  for (const part of others) {
    const [key, value] = split(part, text);
    if (key === "dimensions") input.dimensions = value.split("+").map(Number);
    else if (key === "schedule") schedule.kind = value;
    else if (SCHEDULE_KEYS.has(key) && schedule.kind !== undefined) schedule[key] = Number(value);
    else input[key] = readValue(value);
  }
  if (schedule.kind !== undefined) {
    input.schedule = parse(scheduleSchema, schedule, `perturbation "${axis}": schedule`);
  }
  return resolvePerturbation(input);
}

const SCHEDULE_KEYS = new Set(["atS", "untilS", "overS", "periodS", "spread"]);

function split(part: string, whole: string): [key: string, value: string] {
  const at = part.indexOf("=");
  if (at < 1 || at === part.length - 1) {
    throw new UsageError(
      `perturbation "${whole}": expected axis=level, e.g. sensor-noise=0.1, or sensor-noise=s3 for a severity of 3`,
    );
  }
  return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
}

function readAmount(text: string, whole: string): { level: number } | { severity: number } {
  const severity = /^s(?=[\d.])/.test(text);
  const value = Number(severity ? text.slice(1) : text);
  if (!Number.isFinite(value)) {
    throw new UsageError(
      `perturbation "${whole}": "${text}" is no number, expected a level such as 0.1 or a severity such as s3`,
    );
  }
  return severity ? { severity: value } : { level: value };
}

function readValue(text: string): unknown {
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}
