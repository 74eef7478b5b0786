import { readFileSync } from "node:fs";
import { FileError } from "../core/errors.ts";

/**
 * Reads a sequence of actions: a JSON array of numbers (or of arrays), or CSV with one action a line (or, on a single
 * line, one number an action), with or without a line of names above.
 *
 * @param path a file, or "-" for the standard input
 * @param size numbers in one action
 * @returns [steps][size]
 * @throws FileError where it is something else: which entry, what is expected
 */
export function readActions(path: string, size: number): Float64Array[] {
  const name = path === "-" ? "standard input" : `"${path}"`;
  const text = readFileSync(path === "-" ? 0 : path, "utf8").trim();
  const rows = text.startsWith("[") ? parseJson(text, name) : parseCsv(text);
  return rows.map((row, i) => {
    const values = Array.isArray(row) ? (row as unknown[]) : [row];
    if (values.length !== size || !values.every((x) => typeof x === "number" && Number.isFinite(x))) {
      throw new FileError(
        `actions of ${name}: entry ${i} is ${describe(row)}, expected ${size === 1 ? "a finite number" : `${size} finite numbers`}`,
      );
    }
    return Float64Array.from(values as number[]);
  });
}

function parseJson(text: string, name: string): unknown[] {
  try {
    return JSON.parse(text) as unknown[];
  } catch (error) {
    throw new FileError(`actions of ${name}: not JSON: ${(error as Error).message}`);
  }
}

function parseCsv(text: string): unknown[] {
  if (text === "") return [];
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (isHeader(lines[0]!)) lines.shift();
  const rows = lines.map((line) => line.split(",").map(parseCell));
  return rows.length === 1 ? rows[0]! : rows;
}

/** Names, not numbers. */
function isHeader(line: string): boolean {
  return line.split(",").every((cell) => /^\s*"?[a-z_]/i.test(cell) && !/^\s*(nan|inf)/i.test(cell));
}

/** A cell that is no number stays text, to be shown in the error. */
function parseCell(cell: string): unknown {
  const value = cell.trim() === "" ? Number.NaN : Number(cell);
  return Number.isNaN(value) ? cell.trim() : value;
}

function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
