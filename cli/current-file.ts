import { readFileSync } from "node:fs";
import { z } from "zod";
import { FileError } from "../core/errors.ts";
import { type Current, type Interpolation, sampledCurrent } from "../neurons/study/current.ts";

/** One line of the file. */
const rowSchema = z.tuple([z.string(), z.string()], { error: "expected two columns" });

/**
 * Reads a current over time: CSV with a time (ms) and a current on each line, with or without `time_ms,current` above.
 *
 * @throws FileError which line is something else, and what it holds
 */
export function readCurrentFile(
  path: string,
  interpolation: Interpolation,
): { readonly current: Current; readonly endMs: number } {
  const name = path === "-" ? "standard input" : `"${path}"`;
  const lines = readFileSync(path === "-" ? 0 : path, "utf8").split(/\r?\n/);
  const timesMs: number[] = [];
  const values: number[] = [];
  lines.forEach((line, i) => {
    if (line.trim() === "" || line.startsWith("#")) return;
    const cells = rowSchema.safeParse(line.split(",").map((cell) => cell.trim()));
    if (!cells.success) {
      throw new FileError(`${name}, line ${i + 1}: "${shorten(line)}", expected "time_ms,current"`);
    }
    if (timesMs.length === 0 && /^"?time/i.test(cells.data[0])) return;
    const [time, value] = cells.data.map((cell) => (cell === "" ? Number.NaN : Number(cell)));
    if (!Number.isFinite(time)) {
      throw new FileError(
        `${name}, line ${i + 1}: time is "${shorten(cells.data[0])}", expected a finite number of ms`,
      );
    }
    if (!Number.isFinite(value)) {
      throw new FileError(
        `${name}, line ${i + 1}: the current at ${time} ms is "${shorten(cells.data[1])}", expected a finite number`,
      );
    }
    timesMs.push(time!);
    values.push(value!);
  });
  if (timesMs.length === 0) throw new FileError(`${name}: no samples, expected lines of "time_ms,current"`);
  return { current: sampledCurrent(timesMs, values, interpolation), endMs: timesMs.at(-1)! };
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
