import { models } from "../models/index.ts";
import type { JobResult } from "./run-study.ts";

/** Runs that differ in the seed alone. */
export interface Group {
  readonly name: string;
  readonly runs: readonly JobResult[];
}

/** Groups in the order of the model catalogue, whatever order they were run in; seeds ascending. */
export function groupsOf(results: readonly JobResult[]): Group[] {
  const rank = ({ runs }: Group) => (models.ids as readonly string[]).indexOf(runs[0]!.model);
  return [...new Set(results.map(({ group }) => group))]
    .map((name) => ({
      name,
      runs: results.filter(({ group }) => group === name).sort((a, b) => a.seed - b.seed),
    }))
    .sort((a, b) => rank(a) - rank(b));
}

/** Whether a model's two settings are the same, and one training says what both would: `hh` is no model of the paper. */
export function hasOneSetting(model: string): boolean {
  const { config } = models.get(model);
  return JSON.stringify(config("published")) === JSON.stringify(config("matched"));
}

/** The runs of a model under some settings, or, where its settings do not differ, under the others. */
export function groupOf(groups: readonly Group[], model: string, settings: string): Group | undefined {
  const own = groups.filter(({ runs }) => runs[0]!.model === model);
  return (
    own.find(({ runs }) => runs[0]!.settings === settings) ?? (hasOneSetting(model) ? own[0] : undefined)
  );
}
