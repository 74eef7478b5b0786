import { SingleBar } from "cli-progress";
import type { Streams } from "./output.ts";

/** How far a piece of work is. */
export interface ProgressReport {
  readonly done: number;
  readonly total: number;
  /** What else is worth showing, already formatted and in order, e.g. `{ return: "9312", "steps/s": "410" }`. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** Shows how far a piece of work is. `update` may be called as often as one likes; it draws only now and then. */
export interface Progress {
  update(report: ProgressReport): void;
  /** A line that stays, above the bar. */
  note(line: string): void;
  /** Shows the last report and gives the line back. Call it also when the work fails. */
  stop(): void;
}

export interface ProgressSettings {
  /** Seconds between two plain lines where stderr is no terminal. */
  readonly lineEverySeconds?: number;
  /** Milliseconds on a clock that only rises; a test hands in its own. */
  readonly now?: () => number;
}

/** The bar that is on the terminal. */
let shown: Progress | undefined;

/** A line on stderr from outside the work, above its bar where one is shown: written over it, it would be torn. */
export function noteAside(line: string, stderr: { write(text: string): unknown }): void {
  if (shown === undefined) stderr.write(`\n${line}\n`);
  else shown.note(line);
}

/** A bar on a terminal, plain lines where stderr is none; always on stderr. Rate and time left are worked out here. */
export function openProgress(
  title: string,
  unit: string,
  streams: Streams,
  settings: ProgressSettings = {},
): Progress {
  const now = settings.now ?? (() => performance.now());
  return streams.stderr.isTTY === true
    ? new ProgressBar(title, unit, streams.stderr as NodeJS.WriteStream, now)
    : new ProgressLines(title, unit, streams, (settings.lineEverySeconds ?? 10) * 1000, now);
}

/** Units that are counted out beside the bar are fewer. */
const MANY = 10_000;

class ProgressBar implements Progress {
  readonly #bar: SingleBar;
  readonly #rate: RateMeter;
  readonly #unit: string;
  readonly #stream: NodeJS.WriteStream;
  #started = false;

  constructor(title: string, unit: string, stream: NodeJS.WriteStream, now: () => number) {
    this.#unit = unit;
    this.#stream = stream;
    this.#rate = new RateMeter(now);
    this.#bar = new SingleBar({
      format: `${title} {bar} {percentage}%  {details}`,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 24,
      fps: 5,
      stream,
      hideCursor: true,
      // Ctrl-C belongs to main.ts, which lets the verb finish its step; cli-progress' own handler would end it.
      gracefulExit: false,
    });
  }

  update(report: ProgressReport): void {
    const details = this.#describe(report);
    if (!this.#started) {
      this.#bar.start(report.total, report.done, { details });
      this.#started = true;
      shown = this;
    }
    this.#bar.setTotal(report.total);
    this.#bar.update(report.done, { details });
  }

  #describe(report: ProgressReport): string {
    // Of steps the share says enough; of a few long trials it stays at 0 % while several are under way.
    const count = report.total < MANY ? [`${report.done} of ${report.total} ${this.#unit}`] : [];
    const rest = describeReport(report, this.#unit, this.#rate.measure(report));
    return [...count, ...(rest === "" ? [] : [rest])].join(", ");
  }

  note(line: string): void {
    // Back to the start of the bar's line and over it; the next drawing puts the bar below. The place cli-progress has
    // saved moves along (ESC 7): it goes back there when it stops, and what is written next would cover the notes.
    this.#stream.write(`\r\x1b[K${line}\n${this.#started ? "\x1b7" : ""}`);
    if (this.#started) this.#bar.render();
  }

  stop(): void {
    if (this.#started) this.#bar.stop();
    if (shown === this) shown = undefined;
  }
}

class ProgressLines implements Progress {
  readonly #title: string;
  readonly #unit: string;
  readonly #streams: Streams;
  readonly #everyMs: number;
  readonly #now: () => number;
  readonly #rate: RateMeter;
  #lastLineAt = Number.NEGATIVE_INFINITY;
  #unwritten: string | undefined;

  constructor(title: string, unit: string, streams: Streams, everyMs: number, now: () => number) {
    this.#title = title;
    this.#unit = unit;
    this.#streams = streams;
    this.#everyMs = everyMs;
    this.#now = now;
    this.#rate = new RateMeter(now);
  }

  update(report: ProgressReport): void {
    const rate = this.#rate.measure(report);
    const line = `${this.#title} ${report.done}/${report.total} ${this.#unit}  ${describeReport(report, this.#unit, rate)}`;
    this.#unwritten = line.trimEnd();
    if (this.#now() - this.#lastLineAt >= this.#everyMs) this.#write();
  }

  note(line: string): void {
    this.#streams.stderr.write(`${line}\n`);
  }

  stop(): void {
    this.#write();
  }

  #write(): void {
    if (this.#unwritten === undefined) return;
    this.#streams.stderr.write(`${this.#unwritten}\n`);
    this.#unwritten = undefined;
    this.#lastLineAt = this.#now();
  }
}

/**
 * Units of work a second: over the last ten seconds or so, so that a slow start does not spoil the time left, or over all
 * of it where that is more, so that a single long pause (a run confirming its solution) does not either.
 */
class RateMeter {
  readonly #now: () => number;
  #start: { readonly at: number; readonly done: number } | undefined;
  readonly #marks: { at: number; done: number }[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Units a second; undefined until two reports lie apart in time. */
  measure(report: ProgressReport): number | undefined {
    const at = this.#now();
    this.#start ??= { at, done: report.done };
    const last = this.#marks.at(-1);
    // A mark every 200 ms is plenty, and keeps the list at some fifty entries.
    if (last === undefined || at - last.at >= 200) this.#marks.push({ at, done: report.done });
    while (this.#marks.length > 2 && at - this.#marks[1]!.at > 10_000) this.#marks.shift();
    const since = (mark: { at: number; done: number }) => ((report.done - mark.done) * 1000) / (at - mark.at);
    const first = this.#marks[0]!;
    return at > first.at ? Math.max(since(first), since(this.#start)) : undefined;
  }
}

/** "return 9312, 410 steps/s, 1 min 5 s left" */
function describeReport(report: ProgressReport, unit: string, rate: number | undefined): string {
  const parts = Object.entries(report.fields ?? {}).map(([name, value]) => `${name} ${value}`);
  if (rate !== undefined && rate > 0) {
    parts.push(`${rate >= 100 ? rate.toFixed(0) : rate.toPrecision(3)} ${unit}/s`);
    if (report.done < report.total) {
      parts.push(`${formatDuration((report.total - report.done) / rate)} left`);
    }
  }
  return parts.join(", ");
}

/** Seconds as people say them: "8 s", "1 min 5 s", "2 h 10 min". */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
