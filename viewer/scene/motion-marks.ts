import type { Palette } from "../plots/palette.ts";
import type { Timeline } from "../state/timeline.ts";
import { poseOf, rodEnd } from "./body-shapes.ts";
import type { Camera } from "./camera.ts";

/** How far back the ghost reaches, s. */
const ghostSeconds = 0.5;
/** At most so many rods are drawn for it, however short the steps are. */
const ghostRods = 25;
/** Length of the largest force's arrow, as a share of the view's width. */
const longestArrow = 0.16;

/** The last half second: rods fading with age, and the path of the last rod's tip. */
export function drawGhost(
  context: CanvasRenderingContext2D,
  timeline: Timeline,
  time: number,
  camera: Camera,
  palette: Palette,
): void {
  const { frames, header } = timeline.replay;
  const { bodies } = header.scene;
  const size = 3 * bodies.length;
  const now = timeline.frameAt(time);
  const stride = Math.max(1, Math.ceil(ghostSeconds / timeline.stepSeconds / ghostRods));
  context.strokeStyle = palette.pole;
  context.lineCap = "round";
  let newer: [number, number] | undefined;
  for (let frame = now; frame >= 0 && frames.episodes[frame] === frames.episodes[now]; frame--) {
    const age = time - frames.times[frame]!;
    if (age > ghostSeconds) break;
    const strength = 1 - age / ghostSeconds;
    const poses = frames.poses.subarray(frame * size, (frame + 1) * size);
    for (const [i, { shape }] of bodies.entries()) {
      if (shape.kind !== "rod") continue;
      const pose = poseOf(poses, i);
      const [endX, endY] = rodEnd(pose, shape.lengthM);
      const end: [number, number] = [camera.x(endX), camera.y(endY)];
      if ((now - frame) % stride === 0) {
        stroke([camera.x(pose[0]), camera.y(pose[1])], end, 0.34 * strength, 2);
      }
      if (i !== bodies.length - 1) continue;
      if (newer !== undefined) stroke(newer, end, 0.5 * strength, 1.5);
      newer = end;
    }
  }
  context.globalAlpha = 1;
  context.lineCap = "butt";

  function stroke(from: [number, number], to: [number, number], alpha: number, width: number): void {
    context.globalAlpha = Math.max(0, alpha);
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
  }
}

/** The action's force as an arrow from the body it pushes; returns where its value belongs, if there is a force. */
export function drawForce(
  context: CanvasRenderingContext2D,
  timeline: Timeline,
  time: number,
  poses: Float64Array,
  largestN: number,
  camera: Camera,
  palette: Palette,
): { x: number; y: number; forceN: number } | undefined {
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
  drawArrow(context, x, y, x + side * length, y, palette.action);
  return { x: x + side * length, y, forceN };
}

/** A straight arrow with a filled head. */
export function drawArrow(
  context: CanvasRenderingContext2D,
  fromX: number,
  fromY: number,
  toX: number,
  toY: number,
  colour: string,
): void {
  const length = Math.hypot(toX - fromX, toY - fromY);
  if (length < 1) return;
  const head = Math.min(9, length);
  const [ux, uy] = [(toX - fromX) / length, (toY - fromY) / length];
  const [baseX, baseY] = [toX - ux * head, toY - uy * head];
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = 3;
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(toX - 0.8 * ux * head, toY - 0.8 * uy * head);
  context.stroke();
  context.beginPath();
  context.moveTo(toX, toY);
  context.lineTo(baseX - 0.6 * uy * head, baseY + 0.6 * ux * head);
  context.lineTo(baseX + 0.6 * uy * head, baseY - 0.6 * ux * head);
  context.fill();
}
