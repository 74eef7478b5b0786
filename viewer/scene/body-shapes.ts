import type { Scene, SceneBody } from "../../core/scene.ts";
import type { Palette } from "../plots/palette.ts";
import type { Camera } from "./camera.ts";

type Pose = readonly [x: number, y: number, angle: number];

/** Body `i`'s pose in an array of all bodies' poses. */
export function poseOf(poses: ArrayLike<number>, i: number): Pose {
  return [poses[3 * i]!, poses[3 * i + 1]!, poses[3 * i + 2]!];
}

/** Where a rod ends, m. */
export function rodEnd([x, y, angle]: Pose, lengthM: number): [x: number, y: number] {
  return [x + lengthM * Math.sin(angle), y + lengthM * Math.cos(angle)];
}

/** All bodies, solid, to scale. */
export function drawBodies(
  context: CanvasRenderingContext2D,
  scene: Scene,
  poses: ArrayLike<number>,
  camera: Camera,
  palette: Palette,
): void {
  context.strokeStyle = palette.background;
  context.lineWidth = 1.5;
  for (const [i, body] of scene.bodies.entries()) {
    context.fillStyle = body.shape.kind === "box" ? palette.cart : palette.pole;
    traceBody(context, body, poseOf(poses, i), camera);
    context.fill();
    context.stroke();
    if (body.shape.kind !== "rod") continue;
    const hinge = Math.max(2, 0.45 * body.shape.radiusM * camera.scale);
    context.fillStyle = palette.background;
    context.beginPath();
    context.arc(camera.x(poses[3 * i]!), camera.y(poses[3 * i + 1]!), hinge, 0, 2 * Math.PI);
    context.fill();
  }
}

/** All bodies as outlines: another instant, or another run. */
export function outlineBodies(
  context: CanvasRenderingContext2D,
  scene: Scene,
  poses: ArrayLike<number>,
  camera: Camera,
  colour: string,
  alpha = 0.9,
): void {
  context.strokeStyle = colour;
  context.globalAlpha = alpha;
  context.lineWidth = 1.5;
  for (const [i, body] of scene.bodies.entries()) {
    traceBody(context, body, poseOf(poses, i), camera);
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** A body's outline as the context's path. */
function traceBody(context: CanvasRenderingContext2D, body: SceneBody, pose: Pose, camera: Camera): void {
  context.save();
  context.translate(camera.x(pose[0]), camera.y(pose[1]));
  context.rotate(pose[2]);
  context.beginPath();
  if (body.shape.kind === "box") {
    const width = body.shape.widthM * camera.scale;
    const height = body.shape.heightM * camera.scale;
    context.roundRect(-width / 2, -height / 2, width, height, Math.min(6, height / 4));
  } else {
    const radius = Math.max(2, body.shape.radiusM * camera.scale);
    const length = body.shape.lengthM * camera.scale;
    context.roundRect(-radius, -length - radius, 2 * radius, length + 2 * radius, radius);
  }
  context.restore();
}
