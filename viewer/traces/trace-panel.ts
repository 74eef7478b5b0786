import type { LayerTrack } from "../../core/replay-file/replay.ts";
import { spikedAt } from "../../core/replay-file/replay.ts";
import { formatTime, niceTicks, TimeScale } from "../plots/axis.ts";
import { CursorLines } from "../plots/cursor-lines.ts";
import { fillLines } from "../plots/labels.ts";
import type { Palette } from "../plots/palette.ts";
import { PlotCanvas } from "../plots/plot-canvas.ts";
import { listenToTimeGestures } from "../plots/time-gestures.ts";
import type { Panel } from "../shell/panel.ts";
import type { ViewState } from "../state/view-state.ts";
import { drawLane, fittingLanes, laneGap, lanesOf } from "./trace-lane.ts";

const axisHeight = 20;
const titleHeight = 16;
const labelWidth = 98;
/** Room for the ends of the scales. */
const endsWidth = 46;
/** Two columns where each is at least this wide, CSS px. */
const columnWidth = 272;

/** Membrane, gates and currents of the picked neurons around the cursor. */
export class TracePanel implements Panel {
  readonly shown = new Set(["membrane", "gate", "current", "other"] as const);
  readonly #state: ViewState;
  readonly #plot: PlotCanvas;
  readonly #lines: readonly CursorLines[];
  /** One a column, from the left. */
  #scales: TimeScale[] = [];

  constructor(host: HTMLElement, state: ViewState, invalidate: () => void) {
    this.#state = state;
    this.#plot = new PlotCanvas(host, "Traces of the picked neurons", invalidate);
    this.#lines = [new CursorLines(host), new CursorLines(host)];
    listenToTimeGestures(this.#plot.element, state, {
      scale: (x) => this.#scales.findLast((scale) => x >= scale.left - labelWidth),
      drag: "scrub",
      zoom: (factor) => {
        const { stepSeconds, duration } = state.timeline ?? { stepSeconds: 1, duration: 1 };
        const span = state.fields.traceSpan * factor;
        state.update({ traceSpan: Math.min(duration, 60 * stepSeconds, Math.max(stepSeconds / 2, span)) });
      },
    });
  }

  draw(palette: Palette): void {
    const { timeline, track } = this.#state;
    if (timeline === undefined || this.#plot.folded) return;
    const { context, width, height } = this.#plot;
    const { time, hoverTime, traceSpan, picks, layerIndex } = this.#state.fields;
    // The scale must not slide under a hand that drags on it, so it moves on in quarters of its span.
    const quarter = traceSpan / 4;
    const last = Math.max(0, timeline.duration - traceSpan);
    const start = Math.min(last, Math.max(0, (Math.floor(time / quarter) - 2) * quarter));
    const window = { start, end: start + traceSpan };
    const at = track && timeline.tickAt(hoverTime ?? time, track);
    const content = [
      start,
      traceSpan,
      picks.join("+"),
      layerIndex,
      at?.decision,
      at?.tick,
      [...this.shown].join("+"),
    ];
    const drawn = this.#plot.begin(palette.font, [...content, this.#state.revision, palette.theme].join());
    const columns = picks.length > 1 && width >= 2 * columnWidth ? 2 : 1;
    this.#scales = Array.from({ length: columns }, (_, column) => {
      const right = (width * (column + 1)) / columns;
      return new TimeScale(window, right, (width * column) / columns + labelWidth, endsWidth);
    });
    const bottom = height - axisHeight;
    for (const lines of this.#lines) lines.hide();
    if (picks.length > 0) {
      for (const [i, scale] of this.#scales.entries()) this.#lines[i]!.show(this.#state, scale, 0, bottom);
    }
    if (!drawn) return;
    const advice = this.#advice(track);
    if (advice !== undefined || track === undefined) {
      context.fillStyle = palette.muted;
      context.textAlign = "left";
      context.textBaseline = "middle";
      context.fillText(advice ?? "", 12, bottom / 2, width - 24);
      return;
    }
    const rows = Math.ceil(picks.length / columns);
    const rowHeight = bottom / rows;
    for (const scale of this.#scales) this.#drawAxis(scale, bottom, palette);
    for (const [i, unit] of picks.entries()) {
      const scale = this.#scales[i % columns]!;
      const top = Math.floor(i / columns) * rowHeight;
      this.#drawNeuron(track, unit, scale, top, rowHeight, hoverTime ?? time, palette);
    }
    context.fillStyle = palette.line;
    for (let row = 1; row < rows; row++) context.fillRect(0, Math.round(row * rowHeight), width, 1);
    if (columns === 2) context.fillRect(Math.round(width / 2), 0, 1, height);
  }

  #advice(track: LayerTrack | undefined): string | undefined {
    if (track === undefined) return "This agent has no spiking layer.";
    if (this.#state.fields.picks.length > 0) return undefined;
    return "Pick up to four neurons in the network to see their traces.";
  }

  #drawNeuron(
    track: LayerTrack,
    unit: number,
    scale: TimeScale,
    top: number,
    height: number,
    at: number,
    palette: Palette,
  ): void {
    const { context } = this.#plot;
    const timeline = this.#state.timeline!;
    context.textBaseline = "middle";
    context.textAlign = "left";
    context.fillStyle = palette.pick;
    context.fillText(`unit ${unit}`, scale.left - labelWidth + 8, top + titleHeight / 2 + 2);
    this.#drawSpikes(track, unit, scale, top, palette);
    const neuron = track.layer.tracedNeurons.indexOf(unit);
    const lanes = fittingLanes(lanesOf(track, this.shown), height - titleHeight - 4);
    if (neuron < 0 || lanes.length === 0) {
      context.fillStyle = palette.muted;
      context.textAlign = "left";
      const text =
        neuron < 0
          ? "Only its spikes were recorded; ringed neurons have traces."
          : "Nothing to show; turn a kind of trace on.";
      fillLines(context, text, scale.left, top + height / 2, scale.right - scale.left);
      return;
    }
    let y = top + titleHeight + 2;
    for (const { lane, height: laneHeight } of lanes) {
      const box = { left: scale.left - labelWidth + 8, top: y, height: laneHeight };
      drawLane(context, timeline, track, lane, neuron, scale, box, at, palette);
      y += laneHeight + laneGap;
    }
  }

  /** The neuron's spikes as strokes above its traces. */
  #drawSpikes(track: LayerTrack, unit: number, scale: TimeScale, top: number, palette: Palette): void {
    const timeline = this.#state.timeline!;
    const { frames } = timeline.replay;
    const { context } = this.#plot;
    const { ticks } = track.layer;
    context.fillStyle = palette.pick;
    const first = timeline.frameAt(scale.window.start);
    for (let frame = first; frame < frames.count && frames.times[frame]! < scale.window.end; frame++) {
      const decision = frames.decisions[frame]!;
      if (decision < 0) continue;
      for (let tick = 0; tick < ticks; tick++) {
        if (!spikedAt(track, decision, tick, unit)) continue;
        const x = scale.x(frames.times[frame]! + (tick * timeline.stepSeconds) / ticks);
        if (x >= scale.left && x <= scale.right) context.fillRect(x - 0.75, top + 4, 1.5, titleHeight - 6);
      }
    }
  }

  #drawAxis(scale: TimeScale, bottom: number, palette: Palette): void {
    const { context } = this.#plot;
    const width = scale.right - scale.left;
    const { step, values } = niceTicks(scale.window.start, scale.window.end, width / 60);
    context.textBaseline = "top";
    context.textAlign = "center";
    for (const value of values) {
      const x = Math.round(scale.x(value)) + 0.5;
      context.fillStyle = palette.grid;
      context.fillRect(x - 0.5, 0, 1, bottom + 3);
      context.fillStyle = palette.muted;
      const text = formatTime(value, step);
      const half = context.measureText(text).width / 2;
      context.fillText(text, Math.min(scale.right + 8 - half, x), bottom + 6);
    }
  }
}
