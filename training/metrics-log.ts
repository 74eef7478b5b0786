import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { FileError } from "../core/errors.ts";
import { describeFileFailure, writeFileAtomically } from "./atomic-file.ts";

/** Named scalars. */
export type Scalars = Readonly<Record<string, number>>;

/**
 * The file `metrics.jsonl`: one JSON object a line, `{"step": n, ...scalars}`, in the order of logging.
 *
 * A line is handed to the operating system as soon as it is logged, so a kill loses none but one being written. Opened
 * again at a step, the log drops what lies beyond it (the steps a resumed run does again), so that in the end it equals
 * an uninterrupted run's, line for line. Numbers that are not finite become null: JSON has no word for them.
 */
export class MetricsLog {
  readonly path: string;
  #file: number | undefined;

  private constructor(path: string) {
    this.path = path;
    this.#file = attempt("write", path, () => openSync(path, "a"));
  }

  /**
   * Opens the log to go on after `step`; rows of later steps and a torn last line are dropped. A log that is not there
   * yet is made (its folder must exist).
   *
   * @throws FileError when a line of it is no metrics row
   */
  static async open(path: string, step = 0): Promise<MetricsLog> {
    if (existsSync(path)) {
      const text = attempt("read", path, () => readFileSync(path, "utf8"));
      const kept = keepThrough(text, step, path);
      if (kept !== text) await writeFileAtomically(path, kept);
    }
    return new MetricsLog(path);
  }

  /** Appends one row. Throws a FileError on a full disk. */
  log(step: number, scalars: Scalars): void {
    const file = this.#open();
    const line = Buffer.from(`${JSON.stringify({ step, ...scalars })}\n`, "utf8");
    attempt("write", this.path, () => {
      for (let done = 0; done < line.length; ) done += writeSync(file, line, done);
    });
  }

  /** Forces what has been logged to the disk; before a checkpoint, so that no checkpoint is ahead of its log. */
  sync(): void {
    const file = this.#open();
    attempt("write", this.path, () => fsyncSync(file));
  }

  /** May be called again. */
  close(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): number {
    if (this.#file === undefined) throw new Error(`MetricsLog: ${this.path} is closed`);
    return this.#file;
  }
}

/** The text's lines up to and including the given step. */
function keepThrough(text: string, step: number, path: string): string {
  const lines = text.split("\n");
  // After the last newline comes nothing, or a line that a kill or a full disk has torn.
  lines.pop();
  const kept = lines.filter((line, index) => stepOf(line, `${path}:${index + 1}`) <= step);
  return kept.map((line) => `${line}\n`).join("");
}

function stepOf(line: string, where: string): number {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    // Reported below, as any other line that is no row.
    row = undefined;
  }
  const step = (row as { step?: unknown } | null | undefined)?.step;
  if (typeof step !== "number") {
    throw new FileError(`${where} is no metrics row: ${line.slice(0, 60)}; expected {"step": n, ...}`);
  }
  return step;
}

function attempt<T>(verb: "read" | "write", path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw describeFileFailure(verb, path, error);
  }
}
