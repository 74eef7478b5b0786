import type { Replay } from "../../core/replay-file/replay.ts";
import type { Scene } from "../../core/scene.ts";

/** Free room around what was visited, as a share of it. */
const margin = 0.08;

/**
 * The part of the scene's view that the bodies and the rail took up in this replay: a pole that never hung down needs
 * no room below the rail.
 */
export function visitedView(replay: Replay): Scene["view"] {
  const { scene } = replay.header;
  const { poses, count } = replay.frames;
  let xMin = scene.rail?.xMin ?? Number.POSITIVE_INFINITY;
  let xMax = scene.rail?.xMax ?? Number.NEGATIVE_INFINITY;
  let yMin = scene.rail?.y ?? Number.POSITIVE_INFINITY;
  let yMax = scene.rail?.y ?? Number.NEGATIVE_INFINITY;
  const visit = (x: number, y: number, radius: number) => {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return;
    xMin = Math.min(xMin, x - radius);
    xMax = Math.max(xMax, x + radius);
    yMin = Math.min(yMin, y - radius);
    yMax = Math.max(yMax, y + radius);
  };
  const size = 3 * scene.bodies.length;
  for (let frame = 0; frame < count; frame++) {
    for (const [i, { shape }] of scene.bodies.entries()) {
      const at = frame * size + 3 * i;
      const x = poses[at]!;
      const y = poses[at + 1]!;
      const angle = poses[at + 2]!;
      if (shape.kind === "box") visit(x, y, Math.max(shape.widthM, shape.heightM) / 2);
      else {
        visit(x, y, shape.radiusM);
        visit(x + shape.lengthM * Math.sin(angle), y + shape.lengthM * Math.cos(angle), shape.radiusM);
      }
    }
  }
  const { view } = scene;
  if (!(xMax > xMin && yMax > yMin)) return view;
  const dx = margin * (xMax - xMin);
  const dy = margin * (yMax - yMin);
  const fitted = {
    xMin: Math.max(view.xMin, xMin - dx),
    xMax: Math.min(view.xMax, xMax + dx),
    yMin: Math.max(view.yMin, yMin - dy),
    yMax: Math.min(view.yMax, yMax + dy),
  };
  return fitted.xMax > fitted.xMin && fitted.yMax > fitted.yMin ? fitted : view;
}
