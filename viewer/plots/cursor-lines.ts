import type { ViewState } from "../state/view-state.ts";
import type { TimeScale } from "./axis.ts";
import type { Palette } from "./palette.ts";

/** The loop's shade, the hovered instant and the cursor, the same in every plot. */
export function drawCursorLines(
  context: CanvasRenderingContext2D,
  state: ViewState,
  scale: TimeScale,
  top: number,
  bottom: number,
  palette: Palette,
): void {
  const { time, hoverTime, loopA, loopB } = state.fields;
  context.save();
  context.beginPath();
  context.rect(scale.left, top, scale.right - scale.left, bottom - top);
  context.clip();
  if (loopA !== null && loopB !== null) {
    context.fillStyle = palette.cursor;
    context.globalAlpha = 0.07;
    context.fillRect(scale.x(loopA), top, scale.x(loopB) - scale.x(loopA), bottom - top);
    context.globalAlpha = 1;
  }
  context.restore();
  const line = (at: number, colour: string, dash: number[]) => {
    if (!scale.contains(at)) return;
    const x = Math.round(scale.x(at)) + 0.5;
    context.strokeStyle = colour;
    context.setLineDash(dash);
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x, bottom);
    context.stroke();
    context.setLineDash([]);
  };
  if (hoverTime !== null) line(hoverTime, palette.muted, [3, 3]);
  line(time, palette.cursor, []);
}
