/** The runs of a report, and those that a command was to make and that are not there yet, by their names. */
export interface ReportedRuns<R> {
  runs: R[];
  missing: string[];
}

/**
 * A report after one more command: what it held stays in its place, whether the command's plan has it or not; what the
 * command has finished comes after it, in the order of the plan, whichever ended first.
 */
export function mergeRuns<R>(
  there: Readonly<ReportedRuns<R>>,
  nameOf: (run: R) => string,
  planned: readonly string[],
  finished: ReadonlyMap<string, R>,
): ReportedRuns<R> {
  const merged = new Map(there.runs.map((run) => [nameOf(run), run]));
  for (const name of planned) {
    const run = finished.get(name);
    if (run !== undefined) merged.set(name, run);
  }
  const wanted = new Set([...there.missing, ...planned]);
  return { runs: [...merged.values()], missing: [...wanted].filter((name) => !merged.has(name)) };
}
