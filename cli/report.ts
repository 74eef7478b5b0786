import type { Command } from "commander";
import { parseInteger } from "./options.ts";
import { formatTable } from "./output.ts";
import { openProgress } from "./progress.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";
import { DEFAULT_PORT } from "./view.ts";

interface ReportVerbOptions extends SharedOptions {
  readonly out?: string;
  readonly replays: number;
  readonly sql?: string;
}

/** `spikegym report DIR`: statistics and pictures of a sweep or of runs, in one HTML file, with the tables beside it. */
export function addReport(program: Command, context: VerbContext): void {
  addVerb(program, "report <dir>", "statistics and pictures of a sweep, or of runs, as one HTML file")
    .option("--out <dir>", "where it goes (default: report/ in the folder)")
    .option(
      "--replays <n>",
      "of a sweep: record at most so many episodes, a cell's median and worst, for the links",
      parseInteger(0, 100_000),
      1000,
    )
    .option(
      "--sql <query>",
      "also answer a question to the tables (of a sweep: trials, episodes; of runs: runs, evaluations)",
    )
    .action(async (folder: string, options: ReportVerbOptions) => {
      const output = openOutput(context, options);
      const { writeReport } = await import("../training/report/write-report.ts");
      const progress = openProgress("recording", "episodes", context.streams);
      const { html, tables, rows } = await writeReport(folder, {
        seed: options.seed ?? 0,
        replays: options.replays,
        viewerUrl: `http://127.0.0.1:${DEFAULT_PORT}/`,
        signal: context.signal,
        onProgress: (done, total) => progress.update({ done, total }),
        onNote: (line) => output.note(line),
        ...(options.out === undefined ? {} : { out: options.out }),
        ...(options.sql === undefined ? {} : { sql: options.sql }),
      }).finally(() => progress.stop());
      output.finish(
        { html, tables, ...(rows === undefined ? {} : { rows }) },
        [...(rows === undefined ? [] : [formatRows(rows), ""]), `report: ${html}`, ...tables].join("\n"),
      );
    });
}

function formatRows(rows: readonly Record<string, unknown>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  if (columns.length === 0) return "no rows";
  const show = (value: unknown) => (typeof value === "object" ? JSON.stringify(value) : String(value));
  return formatTable([columns, ...rows.map((row) => columns.map((column) => show(row[column])))]);
}
