import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "../core/errors.ts";
import { describeFileFailure } from "./atomic-file.ts";

type Row = Record<string, number | null>;

/** The rows of a run's `metrics.jsonl`; the torn last line of a killed run is left out. */
export async function readMetrics(run: string): Promise<Row[]> {
  const path = join(run, "metrics.jsonl");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw describeFileFailure("read", path, error);
  }
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  lines.pop();
  return lines.map((line, index) => {
    try {
      return JSON.parse(line) as Row;
    } catch {
      throw new FileError(`${path}:${index + 1} is no metrics row: ${line.slice(0, 60)}`);
    }
  });
}

/**
 * The same rows as a table, `step` first and the other columns in the order they first appear; what a row has no value
 * for is empty. Rows of one step that say different things become one.
 */
export function renderMetricsCsv(rows: readonly Row[]): string {
  const merged: Row[] = [];
  for (const row of rows) {
    const last = merged.at(-1);
    const joins =
      last?.step === row.step && Object.keys(row).every((key) => key === "step" || !(key in last!));
    if (joins) Object.assign(last!, row);
    else merged.push({ ...row });
  }
  const columns = [...new Set(["step", ...merged.flatMap((row) => Object.keys(row))])];
  const lines = merged.map((row) => columns.map((column) => row[column] ?? "").join(","));
  return `${[columns.join(","), ...lines].join("\n")}\n`;
}
