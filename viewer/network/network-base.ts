import type { ReplayHeader } from "../../core/replay-file/header.ts";
import type { LayerTrack } from "../../core/replay-file/replay.ts";
import { fillFitting } from "../plots/labels.ts";
import type { Palette } from "../plots/palette.ts";
import type { NetworkLayout } from "./network-layout.ts";
import { drawLink, drawRim, inputRadius, isInTwoLines, outputRadius, type Point } from "./node-shapes.ts";

/** Room for a value beside a name, CSS px. */
const valueWidth = 44;

/** What stands still while time runs: names, units, rings, and the weights into picked and hovered units. */
export function drawBase(
  context: CanvasRenderingContext2D,
  layout: NetworkLayout,
  header: ReplayHeader,
  track: LayerTrack | undefined,
  picks: readonly number[],
  hoverUnit: number | null,
  palette: Palette,
): void {
  if (track !== undefined) {
    drawInputWeights(context, layout, track, picks, hoverUnit, palette);
    drawUnits(context, layout, track, picks, hoverUnit, palette);
  }
  context.textBaseline = "middle";
  for (const [i, place] of layout.inputs.entries()) {
    drawRim(context, place, inputRadius(layout), palette.line);
    context.fillStyle = palette.muted;
    const label = header.observationLabels[i]!;
    if (isInTwoLines(layout)) {
      context.textAlign = "right";
      fillFitting(context, label, place.x - 12, place.y - 7, place.x - 16);
    } else {
      context.textAlign = "left";
      fillFitting(context, label, 10, place.y, place.x - 28 - valueWidth);
    }
  }
  const { outputPitch, width } = layout;
  for (const [i, place] of layout.outputs.entries()) {
    drawRim(context, place, outputRadius(layout), palette.line);
    if (outputPitch < 9) continue;
    context.fillStyle = palette.muted;
    context.textAlign = "left";
    const y = outputPitch < 28 ? place.y : place.y + 8;
    fillFitting(context, header.actionLabels[i]!, place.x + 14, y, width - place.x - 18);
  }
}

function drawUnits(
  context: CanvasRenderingContext2D,
  { units, radius }: NetworkLayout,
  { layer }: LayerTrack,
  picks: readonly number[],
  hoverUnit: number | null,
  palette: Palette,
): void {
  context.fillStyle = palette.muted;
  context.globalAlpha = 0.16;
  for (const place of units) {
    if (place === undefined) continue;
    context.beginPath();
    context.arc(place.x, place.y, radius, 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
  const ring = ({ x, y }: Point, r: number, colour: string, width: number) => {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.stroke();
  };
  for (const unit of layer.tracedNeurons) {
    const place = units[unit];
    if (place !== undefined) ring(place, radius + 1.5, palette.muted, 1);
  }
  for (const unit of picks) {
    const place = units[unit];
    if (place === undefined) continue;
    ring(place, radius + 2.5, palette.pick, 2);
    const above = place.y - radius - 10;
    const y = above > 6 ? above : place.y + radius + 11;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 4;
    context.strokeStyle = palette.panel;
    context.strokeText(String(unit), place.x, y);
    context.fillStyle = palette.pick;
    context.fillText(String(unit), place.x, y);
  }
  const hovered = hoverUnit === null ? undefined : units[hoverUnit];
  if (hovered !== undefined) ring(hovered, radius + 4, palette.text, 1.5);
}

function drawInputWeights(
  context: CanvasRenderingContext2D,
  { inputs, units }: NetworkLayout,
  { layer }: LayerTrack,
  picks: readonly number[],
  hoverUnit: number | null,
  palette: Palette,
): void {
  const weights = layer.inputs?.weights;
  const count = layer.inputs?.labels.length ?? 0;
  if (weights === undefined || count !== inputs.length) return;
  const shown = hoverUnit === null ? picks : [hoverUnit];
  context.lineWidth = 1;
  for (const unit of shown) {
    const place = units[unit];
    if (place === undefined) continue;
    const row = weights.slice(unit * count, (unit + 1) * count);
    const largest = Math.max(1e-12, ...row.map(Math.abs));
    context.strokeStyle = hoverUnit === null ? palette.pick : palette.text;
    for (const [i, weight] of row.entries()) {
      context.globalAlpha = (0.6 * Math.abs(weight)) / largest;
      context.setLineDash(weight < 0 ? [3, 3] : []);
      drawLink(context, inputs[i]!, place);
    }
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
}
