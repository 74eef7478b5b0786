import { niceTicks } from "../plots/axis.ts";
import type { Palette } from "../plots/palette.ts";
import type { PlotCanvas } from "../plots/plot-canvas.ts";
import { lifRateHz, steadyN, voltageNullclineN } from "./bench-neurons.ts";
import type { BenchRecording } from "./bench-recording.ts";
import { currentRange } from "./scope.ts";

interface Axis {
  readonly low: number;
  readonly high: number;
  readonly title: string;
}

/** A round number of an axis, with a true minus sign. */
function plain(value: number): string {
  return String(Number(value.toPrecision(4))).replace("-", "\u2212");
}

/** Frame, grid and scales of a plot of one quantity over another; returns where a point belongs. */
function drawAxes(plot: PlotCanvas, across: Axis, up: Axis, palette: Palette) {
  const { context, width, height } = plot;
  const box = { left: 40, top: 10, right: width - 12, bottom: height - 34 };
  const x = (value: number) =>
    box.left + ((value - across.low) / (across.high - across.low)) * (box.right - box.left);
  const y = (value: number) => box.bottom - ((value - up.low) / (up.high - up.low)) * (box.bottom - box.top);
  context.textBaseline = "top";
  context.textAlign = "center";
  for (const value of niceTicks(across.low, across.high, (box.right - box.left) / 60).values) {
    context.fillStyle = palette.grid;
    context.fillRect(Math.round(x(value)), box.top, 1, box.bottom - box.top);
    context.fillStyle = palette.muted;
    context.fillText(plain(value), x(value), box.bottom + 3);
  }
  context.fillText(across.title, (box.left + box.right) / 2, box.bottom + 18);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of niceTicks(up.low, up.high, (box.bottom - box.top) / 40).values) {
    context.fillStyle = palette.grid;
    context.fillRect(box.left, Math.round(y(value)), box.right - box.left, 1);
    context.fillStyle = palette.muted;
    context.fillText(plain(value), box.left - 5, y(value));
  }
  context.textAlign = "left";
  context.fillText(up.title, box.left + 5, box.top + 8);
  return { x, y, box };
}

/** The Hodgkin-Huxley neuron's way in the plane of V and n, with the lines on which either stands still. */
export function drawPhasePlane(
  plot: PlotCanvas,
  recording: BenchRecording,
  current: number,
  palette: Palette,
): void {
  if (!plot.begin(palette.font)) return;
  const { context } = plot;
  const { x, y, box } = drawAxes(
    plot,
    { low: -85, high: 50, title: "V (mV)" },
    { low: 0.2, high: 0.9, title: "n" },
    palette,
  );
  const line = (of: (v: number) => number, colour: string) => {
    context.strokeStyle = colour;
    context.lineWidth = 1.2;
    context.setLineDash([5, 3]);
    context.beginPath();
    let drawing = false;
    for (let v = -85; v <= 50; v += 0.5) {
      const n = of(v);
      if (!(n > 0.2 && n < 0.9)) {
        drawing = false;
        continue;
      }
      if (drawing) context.lineTo(x(v), y(n));
      else context.moveTo(x(v), y(n));
      drawing = true;
    }
    context.stroke();
    context.setLineDash([]);
  };
  line(steadyN, palette.potassium);
  line((v) => voltageNullclineN(v, current), palette.action);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const [i, [words, colour]] of [
    ["V stands still", palette.action],
    ["n stands still", palette.potassium],
  ].entries()) {
    context.fillStyle = colour!;
    context.fillText(words!, box.right - 4, box.bottom - 10 - 15 * i);
  }
  const kept = Math.min(recording.count, recording.samples, 400);
  const [v, n] = [recording.membranes[0]!, recording.gates[2]];
  context.strokeStyle = palette.membrane;
  context.lineWidth = 1.4;
  for (let age = kept - 1; age > 0; age--) {
    const a = (recording.count - 1 - age) % recording.samples;
    const b = (recording.count - age) % recording.samples;
    context.globalAlpha = 1 - age / kept;
    context.beginPath();
    context.moveTo(x(v[a]!), y(n[a]!));
    context.lineTo(x(v[b]!), y(n[b]!));
    context.stroke();
  }
  context.globalAlpha = 1;
  context.fillStyle = palette.pick;
  context.beginPath();
  context.arc(x(recording.state[0]!), y(recording.state[3]!), 4, 0, 2 * Math.PI);
  context.fill();
}

/** Settled rate over constant current, and where the bench is now. */
export function drawRates(
  plot: PlotCanvas,
  known: readonly { readonly current: number; readonly rateHz: number }[],
  current: number,
  rateHz: number,
  palette: Palette,
): void {
  if (!plot.begin(palette.font)) return;
  const { context } = plot;
  const { x, y, box } = drawAxes(
    plot,
    { low: 0, high: currentRange[1], title: "I (\u00b5A/cm\u00b2)" },
    { low: 0, high: 160, title: "rate (Hz)" },
    palette,
  );
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.clip();
  const stroke = (points: readonly (readonly [number, number])[], colour: string) => {
    context.strokeStyle = colour;
    context.lineWidth = 1.6;
    context.beginPath();
    for (const [i, [a, b]] of points.entries()) {
      if (i === 0) context.moveTo(x(a), y(b));
      else context.lineTo(x(a), y(b));
    }
    context.stroke();
  };
  stroke(
    known.map((point) => [point.current, point.rateHz] as const),
    palette.membrane,
  );
  stroke(
    Array.from({ length: 161 }, (_, i) => [i / 4, lifRateHz(i / 4)] as const),
    palette.rivals[1]!,
  );
  context.restore();
  context.textAlign = "right";
  context.textBaseline = "middle";
  const last = known.at(-1);
  context.fillStyle = palette.membrane;
  if (last) context.fillText("HH", x(last.current) - 2, y(last.rateHz) - 10);
  context.fillStyle = palette.rivals[1]!;
  context.fillText("LIF", x(18) - 6, y(lifRateHz(18)));
  if (current < 0) return;
  context.fillStyle = palette.pick;
  context.beginPath();
  context.arc(x(Math.min(current, currentRange[1])), y(Math.min(160, rateHz)), 4, 0, 2 * Math.PI);
  context.fill();
}
