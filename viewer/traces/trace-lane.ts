import type { TracedVariable } from "../../core/replay-file/header.ts";
import { type LayerTrack, tracedValue } from "../../core/replay-file/replay.ts";
import { formatNumber, type TimeScale } from "../plots/axis.ts";
import { drawScaleEnds } from "../plots/labels.ts";
import type { Palette } from "../plots/palette.ts";
import type { Timeline } from "../state/timeline.ts";
import { lookOf } from "./variable-colours.ts";

type Role = TracedVariable["role"];

/** Variables of one role, drawn on one scale. */
export interface Lane {
  readonly role: Role;
  /** Positions in the layer's variables. */
  readonly variables: readonly number[];
  /** Share of a neuron's height. */
  readonly weight: number;
}

const roleWeights: Record<Role, number> = { membrane: 2.2, gate: 1.2, current: 1.4, other: 1 };

export function lanesOf(track: LayerTrack, wanted: ReadonlySet<Role>): Lane[] {
  const lanes: Lane[] = [];
  for (const role of ["membrane", "gate", "current", "other"] as const) {
    const variables = track.layer.variables.flatMap((variable, i) => (variable.role === role ? [i] : []));
    if (variables.length > 0 && wanted.has(role)) {
      lanes.push({ role, variables, weight: roleWeights[role] });
    }
  }
  return lanes;
}

/** Free room under a lane, CSS px. */
export const laneGap = 6;
/** A lane lower than this shows nothing, CSS px. */
const leastHeight = 13;

/** Shares a height among lanes; the last ones give way where it is too low for all. */
export function fittingLanes(lanes: readonly Lane[], height: number): { lane: Lane; height: number }[] {
  for (let count = lanes.length; count > 0; count--) {
    const kept = lanes.slice(0, count);
    const total = kept.reduce((sum, lane) => sum + lane.weight, 0);
    const room = height - laneGap * count;
    const shares = kept.map((lane) => ({ lane, height: (room * lane.weight) / total }));
    if (count === 1 || shares.every((share) => share.height >= leastHeight)) return shares;
  }
  return [];
}

const rangesOf = new WeakMap<LayerTrack, Float64Array>();

/** Least and largest value of every variable over the whole file: [variables, 2]. A still scale reads better. */
function variableRanges(track: LayerTrack): Float64Array {
  let ranges = rangesOf.get(track);
  if (ranges === undefined) {
    const n = track.layer.variables.length;
    ranges = new Float64Array(2 * n);
    for (let v = 0; v < n; v++) {
      let low = Number.POSITIVE_INFINITY;
      let high = Number.NEGATIVE_INFINITY;
      for (let i = v; i < track.traces.length; i += n) {
        const value = track.traces[i]!;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      ranges[2 * v] = low;
      ranges[2 * v + 1] = high;
    }
    rangesOf.set(track, ranges);
  }
  return ranges;
}

/** The scale of a lane: gates from 0 to 1, others over all the file holds, with the threshold in sight. */
export function laneRange(track: LayerTrack, lane: Lane): [low: number, high: number] {
  const ranges = variableRanges(track);
  let low = Math.min(...lane.variables.map((v) => ranges[2 * v]!));
  let high = Math.max(...lane.variables.map((v) => ranges[2 * v + 1]!));
  if (lane.role === "gate" && low >= 0 && high <= 1 && high > 0.05) return [0, 1];
  if (lane.role === "membrane" && track.layer.threshold !== undefined) {
    low = Math.min(low, track.layer.threshold);
    high = Math.max(high, track.layer.threshold);
  }
  if (!(high > low)) return [low - 1, low + 1];
  const margin = 0.06 * (high - low);
  return [low - margin, high + margin];
}

/** Draws one traced neuron's lane into the box; `neuron` is its place among the traced. */
export function drawLane(
  context: CanvasRenderingContext2D,
  timeline: Timeline,
  track: LayerTrack,
  lane: Lane,
  neuron: number,
  scale: TimeScale,
  box: { readonly left: number; readonly top: number; readonly height: number },
  at: number,
  palette: Palette,
): void {
  const { top, height } = box;
  const [low, high] = laneRange(track, lane);
  const y = (value: number) => top + height - ((value - low) / (high - low)) * height;
  context.save();
  context.beginPath();
  context.rect(scale.left, top - 1, scale.right - scale.left, height + 2);
  context.clip();
  const { threshold } = track.layer;
  if (lane.role === "membrane" && threshold !== undefined) drawLevel(y(threshold), palette.muted);
  if (lane.role === "current" && low < 0 && high > 0) drawLevel(y(0), palette.grid);
  for (const [i, variable] of lane.variables.entries()) {
    const look = lookOf(track.layer.variables[variable]!, i, palette);
    context.strokeStyle = look.colour;
    context.lineWidth = lane.role === "membrane" ? 1.6 : 1.3;
    context.setLineDash([...look.dash]);
    strokeVariable(variable);
    context.setLineDash([]);
  }
  context.restore();
  drawScaleEnds(context, [low, high], scale.right, top, height, palette);
  drawLabels();

  function drawLevel(level: number, colour: string): void {
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.setLineDash([2, 4]);
    context.beginPath();
    context.moveTo(scale.left, level);
    context.lineTo(scale.right, level);
    context.stroke();
    context.setLineDash([]);
  }

  function strokeVariable(variable: number): void {
    const { frames } = timeline.replay;
    const { ticks } = track.layer;
    const tickSeconds = timeline.stepSeconds / ticks;
    // Beyond two ticks a pixel, every k-th is enough for the eye; the spikes above are drawn one by one.
    const stride = Math.max(1, Math.floor(1 / (2 * tickSeconds * scale.pixelsPerSecond)));
    const first = Math.max(0, timeline.frameAt(scale.window.start) - 1);
    context.beginPath();
    let drawing = false;
    for (let frame = first; frame < frames.count && frames.times[frame]! <= scale.window.end; frame++) {
      const decision = frames.decisions[frame]!;
      if (decision < 0) {
        drawing = false;
        continue;
      }
      const start = frames.times[frame]!;
      if (track.layer.startsAtRest) drawing = false;
      for (let tick = 0; tick < ticks; tick += stride) {
        const x = scale.x(start + tick * tickSeconds);
        const value = y(tracedValue(track, decision, tick, neuron, variable));
        if (drawing) context.lineTo(x, value);
        else context.moveTo(x, value);
        drawing = true;
      }
    }
    context.stroke();
  }

  /** Names with their values at the instant, left of the lane, and the scale's unit. */
  function drawLabels(): void {
    const place = timeline.tickAt(at, track);
    context.textAlign = "left";
    context.textBaseline = "middle";
    const gap = Math.min(15, height / lane.variables.length);
    if (gap < 11) {
      drawNamesInLine();
      return;
    }
    const start = top + height / 2 - (gap * (lane.variables.length - 1)) / 2;
    for (const [i, variable] of lane.variables.entries()) {
      const { name, unit } = track.layer.variables[variable]!;
      const look = lookOf(track.layer.variables[variable]!, i, palette);
      const value =
        place === undefined ? Number.NaN : tracedValue(track, place.decision, place.tick, neuron, variable);
      context.fillStyle = look.colour;
      const lineY = start + i * gap;
      context.fillText(name, box.left, lineY);
      context.textAlign = "right";
      const number = formatNumber(value);
      const full = unit === "1" || lane.variables.length > 1 ? number : `${number} ${unit}`;
      const room = scale.left - 14 - box.left - context.measureText(name).width;
      context.fillText(context.measureText(full).width <= room ? full : number, scale.left - 6, lineY);
      context.textAlign = "left";
    }
  }

  /** In a low lane the names alone, side by side. */
  function drawNamesInLine(): void {
    let x = box.left;
    for (const [i, variable] of lane.variables.entries()) {
      const { name } = track.layer.variables[variable]!;
      const short = name.replace(/^I_/, "");
      context.fillStyle = lookOf(track.layer.variables[variable]!, i, palette).colour;
      context.fillText(short, x, top + height / 2);
      x += context.measureText(short).width + 8;
    }
  }
}
