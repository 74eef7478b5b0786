import { readFileSync } from "node:fs";
import { z } from "zod";
import { FileError } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import type { RecordedHh } from "../neurons/equivalence/recorded-hh.ts";

const numbers = z.array(z.number()).min(1);
/** What is read of a trace; it holds more. */
const traceSchema = z.object({
  timesMs: numbers,
  I: numbers,
  V: numbers,
  m: numbers,
  h: numbers,
  n: numbers,
});
const COLUMNS = { timesMs: "time_ms", I: "I_uA_cm2", V: "V_mV", m: "m", h: "h", n: "n" } as const;

/**
 * Reads a Hodgkin-Huxley neuron as `simulate hh --trace FILE.csv` (or .json) wrote it.
 *
 * @throws FileError, UsageError which column is missing, or which line holds no number
 */
export function readRecordedFile(path: string): RecordedHh {
  const text = readFileSync(path, "utf8");
  const { timesMs, I, V, m, h, n } = path.toLowerCase().endsWith(".json")
    ? parse(traceSchema, parseJson(path, text), path)
    : readColumns(path, text);
  return { timesMs, current: I, states: { V, m, h, n } };
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FileError(`"${path}" is cut off or no JSON`);
  }
}

function readColumns(path: string, text: string): z.output<typeof traceSchema> {
  const lines = text.split(/\r?\n/);
  const head = lines[0]!.split(",");
  const places = Object.entries(COLUMNS).map(([key, name]) => {
    const at = head.indexOf(name);
    if (at < 0) {
      throw new FileError(
        `"${path}", line 1: no column "${name}" among ${head.join(", ")}; write it by: spikegym simulate hh --trace FILE.csv`,
      );
    }
    return [key, at] as const;
  });
  const columns: Record<string, number[]> = Object.fromEntries(places.map(([key]) => [key, []]));
  lines.slice(1).forEach((line, i) => {
    if (line === "") return;
    const cells = line.split(",");
    for (const [key, at] of places) {
      const cell = cells[at] ?? "";
      const value = cell.trim() === "" ? Number.NaN : Number(cell);
      if (!Number.isFinite(value)) {
        throw new FileError(`"${path}", line ${i + 2}: ${head[at]} is "${cell}", expected a finite number`);
      }
      columns[key]!.push(value);
    }
  });
  return columns as z.output<typeof traceSchema>;
}
