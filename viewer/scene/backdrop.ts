import type { Scene } from "../../core/scene.ts";
import { decimalsFor, niceTicks } from "../plots/axis.ts";
import type { Palette } from "../plots/palette.ts";
import type { Camera } from "./camera.ts";

/** What stands still: the metre grid with its numbers, the rail and its end stops. */
export function drawBackdrop(
  context: CanvasRenderingContext2D,
  scene: Scene,
  camera: Camera,
  width: number,
  height: number,
  palette: Palette,
): void {
  const left = camera.worldX(0);
  const right = camera.worldX(width);
  const foot = camera.worldY(height);
  const head = camera.worldY(0);
  const { step, values } = niceTicks(left, right, width / 110);
  const text = (value: number) => `${value.toFixed(decimalsFor(step)).replace("-", "\u2212")} m`;
  context.lineWidth = 1;
  context.strokeStyle = palette.text;
  context.fillStyle = palette.muted;
  context.textBaseline = "bottom";
  const line = (x0: number, y0: number, x1: number, y1: number) => {
    context.globalAlpha = 0.07;
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
    context.globalAlpha = 1;
  };
  for (const x of values) {
    const at = Math.round(camera.x(x)) + 0.5;
    line(at, 0, at, height);
    context.textAlign = "center";
    if (at > 24 && at < width - 24) context.fillText(text(x), at, height - 4);
  }
  for (let k = Math.ceil(foot / step); k * step <= head; k++) {
    const at = Math.round(camera.y(k * step)) + 0.5;
    line(0, at, width, at);
    context.textAlign = "left";
    if (at > 28 && at < height - 24) context.fillText(text(k * step), 6, at - 2);
  }
  if (scene.rail === undefined) return;
  const y = camera.y(scene.rail.y);
  const ends = [camera.x(scene.rail.xMin), camera.x(scene.rail.xMax)] as const;
  context.strokeStyle = palette.muted;
  context.lineWidth = 3;
  context.lineCap = "round";
  context.beginPath();
  context.moveTo(ends[0], y);
  context.lineTo(ends[1], y);
  for (const x of ends) {
    context.moveTo(x, y - 9);
    context.lineTo(x, y + 9);
  }
  context.stroke();
  context.lineCap = "butt";
}
