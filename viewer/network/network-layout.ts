import type { ReplayHeader, ReplayLayer } from "../../core/replay-file/header.ts";
import type { Point } from "./node-shapes.ts";

/** Where everything in the network's picture is, CSS px. */
export interface NetworkLayout {
  readonly width: number;
  readonly height: number;
  readonly inputs: readonly Point[];
  /** By unit; undefined for those left out of a layer of more than can be told apart. */
  readonly units: readonly (Point | undefined)[];
  readonly outputs: readonly Point[];
  /** Of a unit's disc. */
  readonly radius: number;
  /** Column of the inputs. */
  readonly inputX: number;
  /** From one input to the next, and from one output to the next. */
  readonly inputPitch: number;
  readonly outputPitch: number;
}

/** Of larger layers, units evenly from the raster's order are drawn. */
const mostUnits = 4096;

/** One unit in so many is drawn of a population; 1 where all are. */
export function unitsADisc(units: number): number {
  return Math.ceil(units / mostUnits);
}

/** Inputs left, the population in a grid, column by column in the raster's order, the actions right. */
export function layOut(
  header: ReplayHeader,
  layer: ReplayLayer | undefined,
  order: Uint32Array,
  width: number,
  height: number,
): NetworkLayout {
  // What a classifier is told is its picture; its observation is the truth it is measured by.
  const inputs = header.scene.image === undefined ? header.observationLabels.length : 0;
  const outputs = header.actionLabels.length;
  const inputX = Math.min(170, Math.max(width * 0.3, 150));
  const outputX = width - Math.min(132, width * 0.25);
  const inputPitch = pitchOf(inputs, height);
  const outputPitch = pitchOf(outputs, height);
  const column = (count: number, pitch: number, x: number) =>
    Array.from({ length: count }, (_, i): Point => ({ x, y: height / 2 + (i - (count - 1) / 2) * pitch }));
  const grid =
    layer === undefined
      ? { units: [], radius: 3 }
      : placeUnits(layer.units, order, inputX + 28, outputX - 28, height);
  return {
    width,
    height,
    inputs: column(inputs, inputPitch, inputX),
    outputs: column(outputs, outputPitch, outputX),
    ...grid,
    inputX,
    inputPitch,
    outputPitch,
  };
}

function pitchOf(count: number, height: number): number {
  return Math.min(30, (height - 16) / Math.max(1, count));
}

function placeUnits(
  count: number,
  order: Uint32Array,
  left: number,
  right: number,
  height: number,
): Pick<NetworkLayout, "units" | "radius"> {
  const every = unitsADisc(count);
  const shown = Math.ceil(count / every);
  const top = 12;
  const room = { width: Math.max(20, right - left), height: Math.max(20, height - 2 * top) };
  const pitch = Math.min(22, Math.sqrt((room.width * room.height) / shown));
  const rows = Math.max(1, Math.min(shown, Math.floor(room.height / pitch)));
  const columns = Math.ceil(shown / rows);
  const dx = Math.min(room.width / columns, 1.6 * pitch);
  const dy = room.height / rows;
  const startX = left + (room.width - dx * columns) / 2;
  const units = new Array<Point | undefined>(count);
  for (let row = 0; row < shown; row++) {
    const unit = order[row * every]!;
    const column = Math.floor(row / rows);
    units[unit] = { x: startX + (column + 0.5) * dx, y: top + ((row % rows) + 0.5) * dy };
  }
  return { units, radius: Math.max(1.2, 0.34 * Math.min(dx, dy)) };
}

/** The unit nearest to a point, if it is near. */
export function unitAt({ units, radius }: NetworkLayout, x: number, y: number): number | undefined {
  let best: number | undefined;
  let bestDistance = Math.max(10, 2 * radius);
  for (const [unit, place] of units.entries()) {
    if (place === undefined) continue;
    const distance = Math.hypot(place.x - x, place.y - y);
    if (distance >= bestDistance) continue;
    bestDistance = distance;
    best = unit;
  }
  return best;
}
