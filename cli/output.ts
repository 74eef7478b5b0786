/** Where the command line writes; the process' own streams, or collectors in a test. */
export interface Streams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
}

/**
 * One verb's voice. What the verb was asked for goes to stdout, everything else to stderr.
 *
 * With `--json`, stdout carries exactly one JSON document and what would have been prose there moves to stderr, so that
 * `spikegym eval RUN --json > result.json` still shows what is going on.
 */
export class Output {
  readonly json: boolean;
  readonly streams: Streams;
  #finished = false;

  constructor(json: boolean, streams: Streams) {
    this.json = json;
    this.streams = streams;
  }

  /** A line of the result for people: on stdout, or on stderr under `--json`. */
  say(line: string): void {
    (this.json ? this.streams.stderr : this.streams.stdout).write(`${line}\n`);
  }

  /** A line about the work (a warning, what happens now): always on stderr. */
  note(line: string): void {
    this.streams.stderr.write(`${line}\n`);
  }

  /**
   * The verb's result: the document under `--json`, the text otherwise (nothing when it has been said already).
   *
   * @throws Error when called twice: a second document would make stdout unreadable.
   */
  finish(document: unknown, text?: string): void {
    if (this.#finished) throw new Error("Output.finish: called twice, expected one document a verb");
    this.#finished = true;
    if (this.json) this.streams.stdout.write(`${formatJson(document)}\n`);
    else if (text !== undefined) this.say(text);
  }
}

/**
 * JSON of a result: typed arrays as arrays, indented by two. JSON has no word for a number that is not finite, so one
 * becomes `null`.
 */
export function formatJson(document: unknown): string {
  const asArray = (_key: string, value: unknown): unknown =>
    ArrayBuffer.isView(value) && !(value instanceof DataView)
      ? Array.from(value as unknown as ArrayLike<number>)
      : value;
  return JSON.stringify(document, asArray, 2);
}

/** Lines up rows in columns two spaces apart; the last column is left ragged. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows
    .map((row) =>
      row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join("  "),
    )
    .join("\n");
}
