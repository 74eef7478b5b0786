import type { TimeWindow } from "../state/view-state.ts";

/** Room beside every plot on the shared time axis, CSS px: the same for all, so that instants stand in line. */
const wide = { left: 130, right: 52, from: 700 };
const narrow = { left: 64, right: 12 };

/** Steps of 1, 2 or 5 times a power of ten, about `count` of them. */
export function niceStep(span: number, count: number): number {
  const raw = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const scaled = raw / power;
  const atMost = (limit: number) => scaled <= limit * (1 + 1e-9);
  return (atMost(1) ? 1 : atMost(2) ? 2 : atMost(5) ? 5 : 10) * power;
}

/** Multiples of a nice step within [from, to]. */
export function niceTicks(from: number, to: number, count: number): { step: number; values: number[] } {
  const step = niceStep(to - from, count);
  const first = Math.ceil(from / step - 1e-9);
  // Counted beforehand: far from zero k + 1 may be k, and the loop would never end.
  const size = Math.min(1000, Math.max(0, Math.floor(to / step + 1e-9) - first + 1));
  return { step, values: Array.from({ length: size || 0 }, (_, i) => (first + i) * step) };
}

/** Enough decimals to tell neighbours `step` apart. */
export function decimalsFor(step: number): number {
  return Math.min(6, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
}

/** Seconds, or milliseconds where a step is under 10 ms. */
export function formatTime(seconds: number, step: number): string {
  if (step < 0.01) return `${(seconds * 1000).toFixed(decimalsFor(step * 1000))} ms`;
  return `${seconds.toFixed(decimalsFor(step))} s`;
}

/** Short, with a true minus sign, three significant digits. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size === 0) return "0";
  const text =
    size >= 1e5 || size < 1e-3
      ? value.toExponential(1)
      : value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
  return trueMinus(text);
}

/** A true minus sign, and none before a zero. */
export function trueMinus(text: string): string {
  return text.replace(/^-(?=0(\.0*)?$)/, "").replace("-", "\u2212");
}

/** Maps the window's seconds to CSS px between the rooms left and right, and back. */
export class TimeScale {
  readonly left: number;
  readonly right: number;
  readonly window: TimeWindow;

  constructor(window: TimeWindow, width: number, left?: number, right?: number) {
    this.window = window;
    const room = width >= wide.from ? wide : narrow;
    this.left = left ?? room.left;
    this.right = Math.max(this.left + 1, width - (right ?? room.right));
  }

  get pixelsPerSecond(): number {
    return (this.right - this.left) / (this.window.end - this.window.start);
  }

  x(time: number): number {
    return this.left + (time - this.window.start) * this.pixelsPerSecond;
  }

  time(x: number): number {
    return this.window.start + (x - this.left) / this.pixelsPerSecond;
  }

  contains(time: number): boolean {
    return time >= this.window.start && time <= this.window.end;
  }
}
