import { describeMachine } from "../machine.ts";
import type { TrainJob } from "../processes/train-all.ts";
import type { TrainSummary } from "../trainer.ts";
import { type Contribution, withContribution } from "./contribution.ts";
import { mergeRuns, type ReportedRuns } from "./merge-runs.ts";
import type { StudyOptions, StudyResult } from "./study.ts";
import { type FailedRun, trainRuns } from "./train-runs.ts";

/** A report's runs, and the commands and machines that made them. */
export interface PublishedRuns<R> extends ReportedRuns<R> {
  contributions: Contribution[];
}

/** A study whose report is a list of trained runs. */
export interface RunStudy<Job extends TrainJob, R, Data extends PublishedRuns<R>> {
  readonly jobs: readonly Job[];
  /** The command that makes this, without the folders of one machine. */
  readonly command: string;
  /** The report's data file. */
  readonly file: string;
  readonly nameOf: (record: R) => string;
  /** What the report holds, or undefined. @throws UsageError where its runs cannot stand beside those that are to come */
  readonly read: () => Promise<Data | undefined>;
  /** Which runs of a report still stand; those that do not are trained anew. All, where absent. */
  readonly standing?: (runs: readonly R[]) => R[];
  readonly record: (job: Job, summary: TrainSummary) => Promise<R>;
  /** The data file's content with these runs. */
  readonly dataOf: (published: PublishedRuns<R>) => Data;
  /** Writes data, pictures and page. */
  readonly write: (data: Data) => Promise<unknown>;
}

/**
 * Trains what the report does not hold yet, and writes the report anew after each run. A published run outlives the folder
 * it was trained in, and runs outside of this plan are carried over.
 */
export async function publishRuns<Job extends TrainJob, R, Data extends PublishedRuns<R>>(
  study: RunStudy<Job, R, Data>,
  options: StudyOptions,
) {
  const { jobs, nameOf, standing = (runs) => [...runs] } = study;
  const planned = jobs.map(({ name }) => name);
  const before = await study.read();
  const standingOf = (data: PublishedRuns<R> | undefined): PublishedRuns<R> =>
    data === undefined
      ? { runs: [], missing: [], contributions: [] }
      : { ...data, runs: standing(data.runs) };
  let there = standingOf(before);
  const published = new Set(there.runs.map(nameOf));
  if (before !== undefined) tellOfPublished(before.runs.length, published, planned, study.file, options);
  const finished = new Map<string, R>();
  const dataNow = () =>
    study.dataOf({
      contributions: withContribution(there.contributions, {
        command: study.command,
        machine: describeMachine(),
      }),
      ...mergeRuns(there, nameOf, planned, finished),
    });
  const failed = await trainRuns(
    jobs.filter(({ name }) => !published.has(name)),
    options,
    async (job, summary) => {
      finished.set(job.name, await study.record(job, summary));
      // Another command may have added to the report in the meantime.
      there = standingOf(await study.read());
      await study.write(dataNow());
    },
  );
  // A command that adds nothing is not one that the data were made by; pages and pictures may still want drawing anew.
  if (finished.size === 0 && before !== undefined) await study.write(before);
  const data = dataNow();
  const done = new Set(data.runs.map(nameOf));
  return { data, failed, planned: jobs.length, done: planned.filter((name) => done.has(name)).length };
}

/** How a study of runs ended. @param groups what is said of each group of runs */
export function resultOf(
  id: string,
  { data, failed, planned, done }: Awaited<ReturnType<typeof publishRuns>>,
  { report, out }: StudyOptions,
  own: Readonly<Record<string, unknown>>,
  groups: readonly string[],
): StudyResult {
  return {
    complete: done === planned,
    document: {
      study: id,
      runs: done,
      plannedRuns: planned,
      otherRuns: data.runs.length - done,
      failed,
      ...own,
      report,
      out,
    },
    text: [...groups, ...failed.map(showFailed), `${done} of ${planned} runs; ${report}`].join("\n"),
  };
}

function showFailed({ run, error }: FailedRun): string {
  return `failed: ${run}: ${error}`;
}

/** @param held runs the report holds; @param published those of them that stand */
function tellOfPublished(
  held: number,
  published: ReadonlySet<string>,
  planned: readonly string[],
  file: string,
  { onNote }: StudyOptions,
): void {
  const kept = planned.filter((name) => published.has(name)).length;
  const [others, outdated] = [published.size - kept, held - published.size];
  if (kept > 0) onNote?.(`${kept} of ${planned.length} runs stand in ${file} already and are kept`);
  if (others > 0) {
    onNote?.(`${others} of the ${held} runs in ${file} lie outside of this plan and are carried over`);
  }
  if (outdated > 0) {
    onNote?.(
      `${outdated} of the ${held} runs in ${file} are of presets that have changed since; they are left out and trained anew`,
    );
  }
}
