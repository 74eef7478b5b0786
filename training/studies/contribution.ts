import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Machine, showMachine } from "../machine.ts";

/** What a study's data have from one command on one machine. A report may be made by several, each adding runs. */
export const contributionSchema = z.strictObject({
  command: z.string(),
  machine: z.custom<Machine>((value) => typeof value === "object" && value !== null),
});

export type Contribution = z.output<typeof contributionSchema>;

/** The same list, with one more where it is not there yet. */
export function withContribution(there: readonly Contribution[], one: Contribution): Contribution[] {
  return there.some((other) => isDeepStrictEqual(other, one)) ? [...there] : [...there, one];
}

/** "`spikegym study ...` and `spikegym study ...`" */
export function showCommands(contributions: readonly Contribution[]): string {
  return [...new Set(contributions.map(({ command }) => `\`${command}\``))].join(" and ");
}

/** "AMD EPYC, 2 cores, 24 GiB, linux x64 and ...": each machine once. */
export function showMachines(contributions: readonly Contribution[]): string {
  return [...new Set(contributions.map(({ machine }) => showMachine(machine)))].join(" and ");
}
