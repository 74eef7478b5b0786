import type { LayerTrack } from "../../core/replay-file/replay.ts";
import { formatNumber, formatTime, niceTicks, TimeScale } from "../plots/axis.ts";
import { CursorLines } from "../plots/cursor-lines.ts";
import { fillFitting, spreadLabels } from "../plots/labels.ts";
import type { Palette } from "../plots/palette.ts";
import { PlotCanvas } from "../plots/plot-canvas.ts";
import { listenToTimeGestures } from "../plots/time-gestures.ts";
import type { Panel } from "../shell/panel.ts";
import { countSpikes, orderUnits } from "../state/unit-order.ts";
import type { ViewState } from "../state/view-state.ts";
import { SpikeBand } from "./spike-band.ts";

const axisHeight = 22;

/** Every spike of a layer over the shared window: time to the right, one row a unit. */
export class RasterPanel implements Panel {
  readonly #state: ViewState;
  readonly #plot: PlotCanvas;
  readonly #lines: CursorLines;
  readonly #tip: HTMLElement;
  /** One for each replay shown, the first one's first. */
  #bands: SpikeBand[] = [];
  #scale: TimeScale | undefined;

  constructor(host: HTMLElement, state: ViewState, invalidate: () => void) {
    this.#state = state;
    this.#plot = new PlotCanvas(host, "Spike raster", invalidate);
    this.#lines = new CursorLines(host);
    this.#tip = document.createElement("div");
    this.#tip.className = "tip";
    this.#tip.hidden = true;
    host.append(this.#tip);
    listenToTimeGestures(this.#plot.element, state, {
      scale: () => this.#scale,
      drag: "pan",
      hover: (x, y) => this.#hover(x, y),
      click: (x, y, again) => {
        const unit = this.#unitAt(y);
        if (unit !== undefined && (again || (this.#scale && x < this.#scale.left))) state.togglePick(unit);
      },
    });
  }

  draw(palette: Palette): void {
    const { timeline, track } = this.#state;
    if (timeline === undefined || this.#plot.folded) return;
    const { context, width, height } = this.#plot;
    const { window, picks, hoverUnit, order, layerIndex } = this.#state.fields;
    const scale = new TimeScale(window, width);
    this.#scale = scale;
    const bottom = height - axisHeight;
    this.#lines.show(this.#state, scale, 0, bottom);
    const content = [window.start, window.end, picks.join("+"), hoverUnit, order, layerIndex];
    if (!this.#plot.begin(palette.font, [...content, this.#state.revision, palette.theme].join())) return;
    this.#drawAxis(scale, bottom, palette);
    if (track === undefined) {
      context.fillStyle = palette.muted;
      context.fillText("This agent has no spiking layer.", scale.left + 8, bottom / 2);
    } else {
      this.#drawSpikes(track, scale, palette);
      this.#drawRows(track, scale, this.#firstBottom, palette);
    }
  }

  /** Foot of the first replay's rows; with others beside it, theirs follow below. */
  get #firstBottom(): number {
    return (this.#plot.height - axisHeight) / (1 + this.#state.rivals.length);
  }

  #drawSpikes(track: LayerTrack, scale: TimeScale, palette: Palette): void {
    const { rivals, timeline } = this.#state;
    const { picks, order, layerIndex } = this.#state.fields;
    const bandHeight = this.#firstBottom;
    const sets = [
      { track, timeline: timeline!, shiftOf: () => 0, rows: this.#state.unitOrder, colour: palette.membrane },
      ...rivals.flatMap((rival, i) => {
        const theirs = rival.replay.layers[layerIndex] ?? rival.replay.layers[0];
        if (theirs === undefined) return [];
        const colour = palette.rivals[i % palette.rivals.length]!;
        const rows = orderUnits(theirs, order);
        return [
          { track: theirs, timeline: rival.timeline, shiftOf: (k: number) => rival.shiftOf(k), rows, colour },
        ];
      }),
    ];
    this.#bands.length = Math.min(this.#bands.length, sets.length);
    for (const [i, set] of sets.entries()) {
      let band = this.#bands[i];
      if (band?.follows(set.track)) band.follow(set.track);
      else {
        band = new SpikeBand(set.track);
        this.#bands[i] = band;
      }
      const top = i * bandHeight;
      const version = `${layerIndex}/${order}/${i === 0 ? picks.join() : ""}`;
      const chosen = new Set(i === 0 ? picks : []);
      band.draw(this.#plot, scale, { top, height: bandHeight }, { ...set, picks: chosen, version }, palette);
      if (i === 0) continue;
      const { context, width } = this.#plot;
      context.fillStyle = palette.line;
      context.fillRect(0, Math.round(top), width, 1);
      context.fillStyle = set.colour;
      context.textAlign = "right";
      context.textBaseline = "middle";
      fillFitting(context, rivals[i - 1]!.replay.name, scale.left - 6, top + bandHeight / 2, scale.left - 10);
    }
  }

  #drawRows(track: LayerTrack, scale: TimeScale, bottom: number, palette: Palette): void {
    const { context } = this.#plot;
    const order = this.#state.unitOrder;
    const rowHeight = bottom / order.length;
    const { hoverUnit, picks } = this.#state.fields;
    context.textBaseline = "middle";
    context.textAlign = "right";
    const marked = hoverUnit === null || picks.includes(hoverUnit) ? picks : [...picks, hoverUnit];
    const rows = marked.map((unit) => order.indexOf(unit));
    const places = spreadLabels(
      rows.map((row) => (row + 0.5) * rowHeight),
      15,
      0,
      bottom,
    );
    for (const [i, unit] of marked.entries()) {
      context.fillStyle = picks.includes(unit) ? palette.pick : palette.text;
      context.globalAlpha = 0.14;
      context.fillRect(scale.left, rows[i]! * rowHeight, scale.right - scale.left, Math.max(1, rowHeight));
      context.globalAlpha = 1;
      context.fillText(`unit ${unit}`, scale.left - 6, places[i]!);
    }
    if (picks.length === 0 && hoverUnit === null) {
      context.fillStyle = palette.muted;
      context.fillText(`${track.layer.units} units`, scale.left - 6, bottom / 2);
    }
  }

  #drawAxis(scale: TimeScale, bottom: number, palette: Palette): void {
    const { context, width } = this.#plot;
    const { step, values } = niceTicks(scale.window.start, scale.window.end, (width - scale.left) / 90);
    context.textBaseline = "top";
    context.textAlign = "center";
    for (const value of values) {
      const x = Math.round(scale.x(value)) + 0.5;
      context.strokeStyle = palette.grid;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x, 0);
      context.lineTo(x, bottom + 4);
      context.stroke();
      context.fillStyle = palette.muted;
      const text = formatTime(value, step);
      const half = context.measureText(text).width / 2;
      context.fillText(text, Math.min(width - half - 2, Math.max(half, x)), bottom + 7);
    }
    for (const episode of this.#state.replay?.episodes.slice(1) ?? []) {
      const time = this.#state.replay!.frames.times[episode.firstFrame]!;
      if (!scale.contains(time)) continue;
      context.fillStyle = palette.line;
      context.fillRect(Math.round(scale.x(time)), 0, 1, bottom + axisHeight);
    }
  }

  #unitAt(y: number): number | undefined {
    const bottom = this.#firstBottom;
    if (y < 0 || y >= bottom) return undefined;
    const order = this.#state.unitOrder;
    return order[Math.floor((y / bottom) * order.length)];
  }

  #hover(x: number, y: number | null): void {
    const { track, timeline } = this.#state;
    const unit = y === null ? undefined : this.#unitAt(y);
    const scale = this.#scale;
    if (unit === undefined || track === undefined || timeline === undefined || scale === undefined) {
      this.#tip.hidden = true;
      this.#state.update({ hoverUnit: null });
      return;
    }
    this.#state.update({ hoverUnit: unit });
    const time = scale.time(x);
    const place = scale.contains(time) ? timeline.tickAt(time, track) : undefined;
    const count = countSpikes(track).spikes[unit]!;
    const perDecision = (count / Math.max(1, track.count)).toFixed(2);
    const at =
      place === undefined ? "" : ` · ${time.toFixed(3)} s, tick ${place.tick + 1} of ${track.layer.ticks}`;
    const weight = track.layer.sensitivity?.[unit];
    this.#tip.textContent =
      `unit ${unit}${at} · ${perDecision} spikes a step` +
      (weight === undefined ? "" : ` · weight on the action ${formatNumber(weight)}`);
    this.#tip.hidden = false;
    const left = Math.min(x + 12, this.#plot.width - this.#tip.offsetWidth - 4);
    this.#tip.style.left = `${Math.max(0, left)}px`;
    this.#tip.style.top = `${Math.min(Math.max(0, y! - 30), this.#plot.height - 30)}px`;
  }
}
