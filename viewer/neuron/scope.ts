import { formatNumber } from "../plots/axis.ts";
import type { Palette } from "../plots/palette.ts";
import type { PlotCanvas } from "../plots/plot-canvas.ts";
import { type BenchRecording, sampleMs } from "./bench-recording.ts";

interface Lane {
  readonly title: string;
  readonly unit: string;
  readonly range: readonly [low: number, high: number];
  readonly curves: readonly {
    readonly name: string;
    readonly values: Float32Array;
    readonly colour: string;
    readonly dash?: readonly number[];
  }[];
  /** Times of spikes to mark, ms. */
  readonly spikes?: readonly number[];
  readonly weight: number;
}

const left = 86;
const right = 12;

/** The current's range on the bench, uA/cm2. */
export const currentRange = [-10, 40] as const;

function lanesOf(recording: BenchRecording, palette: Palette): Lane[] {
  const [hh, tv, lif, slif] = recording.membranes as [Float32Array, Float32Array, Float32Array, Float32Array];
  const [m, h, n] = recording.gates;
  return [
    {
      title: "I",
      unit: "\u00b5A/cm\u00b2",
      range: currentRange,
      curves: [{ name: "I", values: recording.current, colour: palette.action }],
      weight: 1.3,
    },
    {
      title: "HH, tv-LIF2HH",
      unit: "mV",
      range: [-85, 50],
      curves: [
        { name: "HH", values: hh, colour: palette.membrane },
        { name: "tv", values: tv, colour: palette.rivals[0]!, dash: [4, 4] },
      ],
      spikes: recording.spikes[0]!,
      weight: 2.2,
    },
    {
      title: "Gates",
      unit: "",
      range: [0, 1],
      curves: [
        { name: "m", values: m, colour: palette.sodium },
        { name: "h", values: h, colour: palette.sodiumInactivation },
        { name: "n", values: n, colour: palette.potassium },
      ],
      weight: 1.4,
    },
    {
      title: "LIF",
      unit: "mV",
      range: [-80, -35],
      curves: [{ name: "LIF", values: lif, colour: palette.rivals[1]! }],
      spikes: recording.spikes[2]!,
      weight: 1.2,
    },
    {
      title: "s-LIF2HH",
      unit: "",
      range: [-50, 1200],
      curves: [{ name: "u4", values: slif, colour: palette.rivals[2]! }],
      spikes: recording.spikes[3]!,
      weight: 1.2,
    },
  ];
}

/** Where the current's lane lies, CSS px: dragging there injects. */
export function currentLane(height: number): { readonly top: number; readonly height: number } {
  const total = 1.3 + 2.2 + 1.4 + 1.2 + 1.2;
  return { top: 0, height: ((height - 20) * 1.3) / total };
}

/** Draws the last stretch of time, newest at the right. */
export function drawScope(plot: PlotCanvas, recording: BenchRecording, palette: Palette): void {
  if (!plot.begin(palette.font)) return;
  const { context, width, height } = plot;
  const lanes = lanesOf(recording, palette);
  const total = lanes.reduce((sum, lane) => sum + lane.weight, 0);
  const spanMs = recording.samples * sampleMs;
  const room = width - left - right;
  const x = (ageMs: number) => width - right - (ageMs / spanMs) * room;
  let top = 0;
  for (const lane of lanes) {
    const laneHeight = ((height - 20) * lane.weight) / total;
    drawLane(lane, top, laneHeight);
    top += laneHeight;
  }
  context.fillStyle = palette.muted;
  context.textBaseline = "bottom";
  context.textAlign = "center";
  const apart = room < 400 ? 40 : 20;
  for (let age = 0; age < spanMs; age += apart) {
    context.fillText(age === 0 ? "now" : `\u2212${age} ms`, Math.min(width - 18, x(age)), height - 2);
  }

  function drawLane(lane: Lane, laneTop: number, laneHeight: number): void {
    const [low, high] = lane.range;
    const inner = { top: laneTop + 8, height: laneHeight - 12 };
    const y = (value: number) => inner.top + inner.height * (1 - (value - low) / (high - low));
    context.fillStyle = palette.line;
    context.fillRect(0, Math.round(laneTop + laneHeight), width, 1);
    if (low < 0 && high > 0) {
      context.fillStyle = palette.grid;
      context.fillRect(left, Math.round(y(0)), room, 1);
    }
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillStyle = palette.text;
    context.fillText(lane.title, 8, inner.top + 6, left - 12);
    const newest = (recording.count - 1) % recording.samples;
    for (const [i, { name, values, colour }] of lane.curves.entries()) {
      const line = inner.top + 6 + 15 * (i + 1);
      if (recording.count === 0 || line > laneTop + laneHeight - 4) break;
      context.fillStyle = colour;
      const label = lane.curves.length > 1 ? `${name} ` : "";
      context.fillText(`${label}${formatNumber(values[newest]!)} ${lane.unit}`, 8, line, left - 12);
    }
    context.save();
    context.beginPath();
    context.rect(left, laneTop, room, laneHeight);
    context.clip();
    for (const { values, colour, dash = [] } of lane.curves) {
      context.strokeStyle = colour;
      context.lineWidth = 1.5;
      context.setLineDash([...dash]);
      context.beginPath();
      const kept = Math.min(recording.count, recording.samples);
      for (let age = kept - 1; age >= 0; age--) {
        const at = (recording.count - 1 - age) % recording.samples;
        const px = x(age * sampleMs);
        const py = y(values[at]!);
        if (age === kept - 1) context.moveTo(px, py);
        else context.lineTo(px, py);
      }
      context.stroke();
    }
    context.setLineDash([]);
    context.fillStyle = palette.pick;
    for (const time of lane.spikes ?? []) context.fillRect(x(recording.timeMs - time) - 1, laneTop + 2, 2, 7);
    context.restore();
  }
}
