import { decimalsFor, formatNumber, trueMinus } from "./axis.ts";
import type { Palette } from "./palette.ts";

/** Text in the current style, without its unit or shortened where there is no room for it. */
export function fillFitting(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  room: number,
): void {
  const fits = (candidate: string) => context.measureText(candidate).width <= room;
  let shown = fits(text) ? text : text.replace(/ \(.*\)$/, "");
  while (shown.length > 1 && !fits(shown)) shown = `${shown.replace(/\u2026$/, "").slice(0, -1)}\u2026`;
  context.fillText(shown, x, y);
}

/** Text in as many lines as it needs, around a middle. */
export function fillLines(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  middle: number,
  room: number,
): void {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && context.measureText(longer).width <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  for (const [i, line] of lines.entries()) {
    context.fillText(line, x, middle + 16 * (i - (lines.length - 1) / 2));
  }
}

/** The ends of a vertical scale, right of the plot, where it is high enough to hold both. */
export function drawScaleEnds(
  context: CanvasRenderingContext2D,
  [low, high]: readonly [low: number, high: number],
  right: number,
  top: number,
  height: number,
  palette: Palette,
): void {
  if (height < 22) return;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillStyle = palette.muted;
  // As many decimals as it takes to tell the ends apart.
  const decimals = decimalsFor((high - low) / 4);
  const shown = (value: number) =>
    Math.abs(value) < 1e4 && decimals <= 4 ? trueMinus(value.toFixed(decimals)) : formatNumber(value);
  context.fillText(shown(high), right + 5, top + 5);
  context.fillText(shown(low), right + 5, top + height - 5);
}

/** Moves labels' middles apart until each has `pitch` for itself, keeping their order, within [top, bottom]. */
export function spreadLabels(
  middles: readonly number[],
  pitch: number,
  top: number,
  bottom: number,
): number[] {
  const order = middles.map((_, i) => i).sort((a, b) => middles[a]! - middles[b]!);
  const placed = new Array<number>(middles.length);
  let least = top + pitch / 2;
  for (const i of order) {
    placed[i] = Math.max(least, middles[i]!);
    least = placed[i]! + pitch;
  }
  let most = bottom - pitch / 2;
  for (const i of order.reverse()) {
    placed[i] = Math.min(most, placed[i]!);
    most = placed[i]! - pitch;
  }
  return placed;
}
