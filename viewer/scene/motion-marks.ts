import type { Graphics } from "pixi.js";
import { colourNumber, type Palette } from "../plots/palette.ts";
import type { Timeline } from "../state/timeline.ts";
import type { Camera } from "./camera.ts";

/** How far back the ghost reaches, s. */
const ghostSeconds = 0.5;
/** Length of the largest force's arrow, as a share of the view's width. */
const longestArrow = 0.16;

/** The last half second: rods at every frame, fading with age, and the path of the last rod's tip. */
export function drawGhost(
  into: Graphics,
  timeline: Timeline,
  time: number,
  camera: Camera,
  palette: Palette,
): void {
  into.clear();
  const { frames, header } = timeline.replay;
  const { bodies } = header.scene;
  const size = 3 * bodies.length;
  const now = timeline.frameAt(time);
  const colour = colourNumber(palette.pole);
  const tip: [number, number][] = [];
  for (let frame = now; frame >= 0 && frames.episodes[frame] === frames.episodes[now]; frame--) {
    const age = time - frames.times[frame]!;
    if (age > ghostSeconds) break;
    for (const [i, body] of bodies.entries()) {
      if (body.shape.kind !== "rod") continue;
      const at = frame * size + 3 * i;
      const x = frames.poses[at]!;
      const y = frames.poses[at + 1]!;
      const angle = frames.poses[at + 2]!;
      const end = [
        camera.x(x + body.shape.lengthM * Math.sin(angle)),
        camera.y(y + body.shape.lengthM * Math.cos(angle)),
      ] as [number, number];
      if (i === bodies.length - 1) tip.push(end);
      const alpha = 0.34 * (1 - age / ghostSeconds);
      into
        .moveTo(camera.x(x), camera.y(y))
        .lineTo(...end)
        .stroke({ color: colour, alpha, width: 2, cap: "round" });
    }
  }
  for (let i = 1; i < tip.length; i++) {
    into
      .moveTo(...tip[i - 1]!)
      .lineTo(...tip[i]!)
      .stroke({ color: colour, alpha: 0.5 * (1 - i / tip.length), width: 1.5 });
  }
}

/** Outlines of the bodies at the instant under the pointer. */
export function drawOutline(
  into: Graphics,
  timeline: Timeline,
  poses: Float64Array | undefined,
  camera: Camera,
  palette: Palette,
): void {
  into.clear();
  if (poses === undefined) return;
  const stroke = { color: colourNumber(palette.cursor), width: 1.5, alpha: 0.9 };
  for (const [i, body] of timeline.replay.header.scene.bodies.entries()) {
    const x = poses[3 * i]!;
    const y = poses[3 * i + 1]!;
    const angle = poses[3 * i + 2]!;
    if (body.shape.kind === "rod") {
      const endX = x + body.shape.lengthM * Math.sin(angle);
      const endY = y + body.shape.lengthM * Math.cos(angle);
      into.moveTo(camera.x(x), camera.y(y)).lineTo(camera.x(endX), camera.y(endY)).stroke(stroke);
    } else {
      const width = body.shape.widthM * camera.scale;
      const height = body.shape.heightM * camera.scale;
      into.rect(camera.x(x) - width / 2, camera.y(y) - height / 2, width, height).stroke(stroke);
    }
  }
}

/** The action's force as an arrow from the body it pushes; returns where its value belongs, if there is a force. */
export function drawForce(
  into: Graphics,
  timeline: Timeline,
  time: number,
  poses: Float64Array,
  largestN: number,
  camera: Camera,
  palette: Palette,
): { x: number; y: number; forceN: number } | undefined {
  into.clear();
  const { frames, header } = timeline.replay;
  const { forceOn, bodies, view } = header.scene;
  const body = forceOn === undefined ? undefined : bodies[forceOn];
  const frame = timeline.frameAt(time);
  if (forceOn === undefined || body === undefined || frames.final[frame] === 1) return undefined;
  const forceN = frames.forcesN[frame]!;
  const side = Math.sign(forceN);
  const half = body.shape.kind === "box" ? body.shape.widthM / 2 : body.shape.radiusM;
  const y = camera.y(poses[3 * forceOn + 1]!);
  const x = camera.x(poses[3 * forceOn]! + side * half) + 4 * side;
  const length = (Math.abs(forceN) / largestN) * longestArrow * (view.xMax - view.xMin) * camera.scale;
  if (length < 1) return { x: camera.x(poses[3 * forceOn]!), y, forceN };
  const end = x + side * length;
  const head = Math.min(9, length);
  const color = colourNumber(palette.action);
  into
    .moveTo(x, y)
    .lineTo(end - side * head * 0.8, y)
    .stroke({ color, width: 3 });
  into.poly([end, y, end - side * head, y - 0.6 * head, end - side * head, y + 0.6 * head]).fill(color);
  return { x: end, y, forceN };
}
