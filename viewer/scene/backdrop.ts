import { Container, Graphics, Text } from "pixi.js";
import type { Scene } from "../../core/scene.ts";
import { decimalsFor, niceTicks } from "../plots/axis.ts";
import { colourNumber, type Palette } from "../plots/palette.ts";
import type { Camera } from "./camera.ts";

/** What stands still: the metre grid with its numbers, the rail and its end stops. */
export function drawBackdrop(
  into: Container,
  scene: Scene,
  camera: Camera,
  width: number,
  height: number,
  palette: Palette,
): void {
  for (const child of into.removeChildren()) child.destroy();
  const grid = new Graphics();
  const labels = new Container();
  into.addChild(grid, labels);
  const line = colourNumber(palette.text);
  const style = {
    fontFamily: palette.font.replace(/^\S+ /, ""),
    fontSize: 12,
    fill: colourNumber(palette.muted),
  };
  const label = (text: string, x: number, y: number, anchorX: number) => {
    const made = new Text({ text, style, resolution: Math.max(2, window.devicePixelRatio) });
    made.anchor.set(anchorX, 1);
    made.position.set(Math.round(x), Math.round(y));
    labels.addChild(made);
  };
  const left = camera.worldX(0);
  const right = camera.worldX(width);
  const foot = camera.worldY(height);
  const head = camera.worldY(0);
  const { step, values } = niceTicks(left, right, width / 110);
  const text = (value: number) => `${value.toFixed(decimalsFor(step)).replace("-", "\u2212")} m`;
  for (const x of values) {
    const at = Math.round(camera.x(x)) + 0.5;
    grid.moveTo(at, 0).lineTo(at, height);
    if (at > 24 && at < width - 24) label(text(x), at, height - 4, 0.5);
  }
  for (let k = Math.ceil(foot / step); k * step <= head; k++) {
    const at = Math.round(camera.y(k * step)) + 0.5;
    grid.moveTo(0, at).lineTo(width, at);
    if (at > 28 && at < height - 24) label(text(k * step), 6, at - 2, 0);
  }
  grid.stroke({ color: line, alpha: 0.07, width: 1 });
  if (scene.rail !== undefined) {
    const y = camera.y(scene.rail.y);
    const from = camera.x(scene.rail.xMin);
    const to = camera.x(scene.rail.xMax);
    grid
      .moveTo(from, y)
      .lineTo(to, y)
      .stroke({ color: colourNumber(palette.muted), width: 3, cap: "round" });
    for (const x of [from, to]) {
      grid
        .moveTo(x, y - 9)
        .lineTo(x, y + 9)
        .stroke({ color: colourNumber(palette.muted), width: 3, cap: "round" });
    }
  }
}
