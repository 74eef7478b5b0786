import type { z } from "zod";
import type { Definition } from "../../core/catalogue.ts";

/** What every study is told. */
export interface StudyOptions {
  /** Where it works; it goes on with what is there. */
  readonly out: string;
  /** Where its data, pictures and page go; rewritten whenever there is more to say. */
  readonly report: string;
  /** Seeds 0 to this - 1. */
  readonly seeds: number;
  /** Processes at a time. */
  readonly workers: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: StudyProgress) => void;
  readonly onNote?: (line: string) => void;
}

export interface StudyProgress {
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface StudyResult {
  /** Whether everything planned is there. */
  readonly complete: boolean;
  /** For `--json`. */
  readonly document: unknown;
  /** For people. */
  readonly text: string;
}

/**
 * A study: one command from nothing to data, pictures and a page. It may be killed at any moment and started again; what
 * was done is not done twice.
 */
export interface StudyDefinition<Id extends string = string, S extends z.ZodObject = z.ZodObject>
  extends Definition<Id> {
  /** What may be set beside the options all studies have, with --set. */
  readonly parameters: S;
  run(parameters: z.output<S>, options: StudyOptions): Promise<StudyResult>;
}

export function defineStudy<Id extends string, S extends z.ZodObject>(
  definition: StudyDefinition<Id, S>,
): StudyDefinition<Id, S> {
  return definition;
}

/** The `--set` options of a command that makes these parameters, those that are as they are by default left out. */
export function describeSettings(parameters: Readonly<Record<string, unknown>>, schema: z.ZodObject): string {
  const defaults: Readonly<Record<string, unknown>> = schema.parse({});
  return Object.entries(parameters)
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(defaults[name]))
    .map(
      ([name, value]) => ` --set ${name}=${typeof value === "string" ? value : `'${JSON.stringify(value)}'`}`,
    )
    .join("");
}
