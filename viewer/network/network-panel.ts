import { type LayerTrack, type Replay, spikedAt } from "../../core/replay-file/replay.ts";
import { formatNumber } from "../plots/axis.ts";
import { fillFitting } from "../plots/labels.ts";
import { type Palette, pixelOf } from "../plots/palette.ts";
import { greyPixel, PixelImage } from "../plots/pixel-image.ts";
import { PlotCanvas } from "../plots/plot-canvas.ts";
import type { Panel } from "../shell/panel.ts";
import { countSpikes } from "../state/unit-order.ts";
import type { ViewState } from "../state/view-state.ts";
import { drawLink, drawNode, type Point } from "./node-shapes.ts";

/** A spike's light falls to 1/e in this share of a step's ticks. */
const afterglow = 0.35;

/** Input, population and readout, lit by what they do at the shown instant. */
export class NetworkPanel implements Panel {
  readonly #state: ViewState;
  readonly #plot: PlotCanvas;
  readonly #tip: HTMLElement;
  #places: Point[] = [];
  #radius = 3;
  readonly #picture = new PixelImage();
  readonly #field = new PixelImage();
  #observationScale: { of: Float32Array; largest: Float64Array } | undefined;

  constructor(host: HTMLElement, state: ViewState, invalidate: () => void) {
    this.#state = state;
    this.#plot = new PlotCanvas(host, "Network: inputs, population and readout", invalidate);
    this.#tip = document.createElement("div");
    this.#tip.className = "tip";
    this.#tip.hidden = true;
    host.append(this.#tip);
    const { element } = this.#plot;
    element.addEventListener("pointermove", (event) => this.#hover(event.offsetX, event.offsetY));
    element.addEventListener("pointerleave", () => this.#hover(-1e6, -1e6));
    element.addEventListener("click", (event) => {
      const unit = this.#unitAt(event.offsetX, event.offsetY);
      if (unit !== undefined) state.togglePick(unit);
    });
  }

  draw(palette: Palette): void {
    const { replay, timeline, track } = this.#state;
    if (!this.#plot.begin(palette.font) || replay === undefined || timeline === undefined) return;
    const { context, width, height } = this.#plot;
    const looks = replay.header.scene.image !== undefined;
    // What a classifier is told is its picture; its observation is the truth it is measured by.
    const inputs = looks ? [] : replay.header.observationLabels;
    const inputX = Math.min(170, Math.max(width * 0.3, 150));
    const outputX = width - Math.min(132, width * 0.25);
    const frame = timeline.frameAt(this.#state.fields.hoverTime ?? this.#state.fields.time);
    const inputPlaces = inputs.map((_, i): Point => ({ x: inputX, y: spread(i, inputs.length, height) }));
    const outputs = replay.header.actionLabels;
    const outputPlaces = outputs.map((_, i): Point => ({ x: outputX, y: spread(i, outputs.length, height) }));
    if (track !== undefined) {
      this.#placeUnits(track, inputX + 28, outputX - 28, height);
      const glow = this.#glow(track);
      this.#drawInputWeights(track, inputPlaces, palette);
      this.#drawReadout(track, glow, outputPlaces, palette);
      this.#drawUnits(track, glow, palette);
    }
    if (looks) this.#drawPicture(replay, track, frame, inputX, palette);
    else this.#drawInputs(inputs, inputPlaces, frame, palette);
    const pitch = outputPlaces.length > 1 ? outputPlaces[1]!.y - outputPlaces[0]!.y : height;
    for (const [i, place] of outputPlaces.entries()) {
      const value = replay.frames.actions[frame * outputs.length + i]!;
      drawNode(context, place, Math.min(8, 0.4 * pitch), Math.abs(value), palette.action, palette.line);
      if (pitch < 28) {
        if (pitch < 9) continue;
        context.fillStyle = palette.muted;
        context.textAlign = "left";
        context.textBaseline = "middle";
        fillFitting(context, outputs[i]!, place.x + 14, place.y, width - place.x - 18);
        continue;
      }
      context.fillStyle = palette.text;
      context.textAlign = "left";
      context.textBaseline = "middle";
      context.fillText(formatNumber(value), place.x + 14, place.y - 8, width - place.x - 18);
      context.fillStyle = palette.muted;
      fillFitting(context, outputs[i]!, place.x + 14, place.y + 8, width - place.x - 18);
    }
  }

  /** A grid, column by column in the raster's order. */
  #placeUnits(track: LayerTrack, left: number, right: number, height: number): void {
    const { units } = track.layer;
    const top = 12;
    const room = { width: Math.max(20, right - left), height: Math.max(20, height - 2 * top) };
    const pitch = Math.min(22, Math.sqrt((room.width * room.height) / units));
    const rows = Math.max(1, Math.min(units, Math.floor(room.height / pitch)));
    const columns = Math.ceil(units / rows);
    const dx = Math.min(room.width / columns, 1.6 * pitch);
    const dy = room.height / rows;
    const startX = left + (room.width - dx * columns) / 2;
    this.#radius = Math.max(1.2, 0.34 * Math.min(dx, dy));
    this.#places = new Array(units);
    for (const [row, unit] of this.#state.unitOrder.entries()) {
      const column = Math.floor(row / rows);
      this.#places[unit] = {
        x: startX + (column + 0.5) * dx,
        y: top + ((row % rows) + 0.5) * dy,
      };
    }
  }

  /** 1 at a spike, falling afterwards: [units]. */
  #glow(track: LayerTrack): Float32Array {
    const { time, hoverTime } = this.#state.fields;
    const { ticks, units } = track.layer;
    const glow = new Float32Array(units);
    const place = this.#state.timeline!.tickAt(hoverTime ?? time, track);
    if (place === undefined) return glow;
    const fall = Math.max(1, afterglow * ticks);
    const reach = Math.ceil(4 * fall);
    const episodeStart = this.#firstDecision(time);
    let { decision, tick } = place;
    for (let age = 0; age < reach; age++) {
      const light = Math.exp(-age / fall);
      for (let unit = 0; unit < units; unit++) {
        if (glow[unit] === 0 && spikedAt(track, decision, tick, unit)) glow[unit] = light;
      }
      if (--tick < 0) {
        tick = ticks - 1;
        if (--decision < episodeStart) break;
      }
    }
    return glow;
  }

  #firstDecision(time: number): number {
    const { replay } = this.#state;
    const episode = this.#state.timeline!.episodeAt(this.#state.fields.hoverTime ?? time);
    return Math.max(0, replay!.frames.decisions[episode.firstFrame]!);
  }

  #drawUnits(track: LayerTrack, glow: Float32Array, palette: Palette): void {
    const { context } = this.#plot;
    const { picks, hoverUnit } = this.#state.fields;
    const r = this.#radius;
    const ring = (place: Point, radius: number, colour: string, width: number) => {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      context.arc(place.x, place.y, radius, 0, 2 * Math.PI);
      context.stroke();
    };
    for (const [unit, place] of this.#places.entries()) {
      const light = glow[unit]!;
      if (light > 0.3) {
        context.fillStyle = palette.membrane;
        context.globalAlpha = 0.18 * light;
        context.beginPath();
        context.arc(place.x, place.y, 1.9 * r, 0, 2 * Math.PI);
        context.fill();
      }
      context.globalAlpha = 0.16 + 0.84 * light;
      context.fillStyle = light > 0 ? palette.membrane : palette.muted;
      context.beginPath();
      context.arc(place.x, place.y, r, 0, 2 * Math.PI);
      context.fill();
      context.globalAlpha = 1;
    }
    for (const unit of track.layer.tracedNeurons) ring(this.#places[unit]!, r + 1.5, palette.muted, 1);
    for (const unit of picks) {
      const place = this.#places[unit]!;
      ring(place, r + 2.5, palette.pick, 2);
      const text = String(unit);
      const y = place.y - r - 10 > 6 ? place.y - r - 10 : place.y + r + 11;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineWidth = 4;
      context.strokeStyle = palette.panel;
      context.strokeText(text, place.x, y);
      context.fillStyle = palette.pick;
      context.fillText(text, place.x, y);
    }
    if (hoverUnit !== null) ring(this.#places[hoverUnit]!, r + 4, palette.text, 1.5);
  }

  /** Lit units reach for the action as strongly as they weigh on it. */
  #drawReadout(track: LayerTrack, glow: Float32Array, outputs: readonly Point[], palette: Palette): void {
    const { sensitivity } = track.layer;
    if (sensitivity === undefined || outputs.length === 0) return;
    const { context } = this.#plot;
    const largest = Math.max(1e-12, ...sensitivity.map(Math.abs));
    context.strokeStyle = palette.action;
    context.lineWidth = 1;
    for (const [unit, place] of this.#places.entries()) {
      const alpha = (0.55 * glow[unit]! * Math.abs(sensitivity[unit]!)) / largest;
      if (alpha < 0.02) continue;
      context.globalAlpha = alpha;
      for (const output of outputs) drawLink(context, place, output);
    }
    context.globalAlpha = 1;
  }

  /** Weights into the picked and the hovered units. */
  #drawInputWeights(track: LayerTrack, inputs: readonly Point[], palette: Palette): void {
    const weights = track.layer.inputs?.weights;
    const count = track.layer.inputs?.labels.length ?? 0;
    if (weights === undefined || count !== inputs.length) return;
    const { context } = this.#plot;
    const { picks, hoverUnit } = this.#state.fields;
    const shown = hoverUnit === null ? picks : [hoverUnit];
    context.lineWidth = 1;
    for (const unit of shown) {
      const row = weights.slice(unit * count, (unit + 1) * count);
      const largest = Math.max(1e-12, ...row.map(Math.abs));
      context.strokeStyle = hoverUnit === null ? palette.pick : palette.text;
      for (const [i, weight] of row.entries()) {
        context.globalAlpha = (0.6 * Math.abs(weight)) / largest;
        context.setLineDash(weight < 0 ? [3, 3] : []);
        drawLink(context, inputs[i]!, this.#places[unit]!);
      }
    }
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  /** The picture looked at, and how the picked or hovered unit weighs its pixels. */
  #drawPicture(
    replay: Replay,
    track: LayerTrack | undefined,
    frame: number,
    right: number,
    palette: Palette,
  ): void {
    const { context, height } = this.#plot;
    const { images, frames } = replay;
    const decision = frames.decisions[frame]!;
    if (images === undefined || decision < 0) return;
    const { widthPx, heightPx, pixels } = images;
    const from = decision * widthPx * heightPx;
    this.#picture.paint(images, decision, widthPx, heightPx, (i) => greyPixel(pixels[from + i]!));
    const { hoverUnit, picks } = this.#state.fields;
    const unit = hoverUnit ?? picks.at(-1);
    const weights = track?.layer.inputs?.weights;
    const fits = track?.layer.inputs?.labels.length === widthPx * heightPx;
    const field = unit === undefined || weights === undefined || !fits ? undefined : weights;
    const box = { left: 10, width: right - 20 };
    const half = height / 2;
    this.#picture.draw(context, { ...box, top: 10, height: field ? half - 16 : height - 20 }, palette.line);
    if (field === undefined || unit === undefined) return;
    const start = unit * widthPx * heightPx;
    let largest = 1e-12;
    for (let i = 0; i < widthPx * heightPx; i++) largest = Math.max(largest, Math.abs(field[start + i]!));
    this.#field.paint(field, unit, widthPx, heightPx, (i) => {
      const weight = field[start + i]! / largest;
      return pixelOf(weight < 0 ? palette.cursor : palette.sodium, Math.abs(weight));
    });
    const { bottom } = this.#field.draw(context, { ...box, top: half, height: half - 26 }, palette.line);
    context.fillStyle = palette.muted;
    context.textAlign = "center";
    context.textBaseline = "top";
    fillFitting(context, `weights of unit ${unit}`, box.left + box.width / 2, bottom + 4, box.width);
  }

  #drawInputs(labels: readonly string[], places: readonly Point[], frame: number, palette: Palette): void {
    const { context } = this.#plot;
    const { observations } = this.#state.replay!.frames;
    const largest = this.#largestObservations(observations, labels.length);
    const pitch = places.length > 1 ? places[1]!.y - places[0]!.y : 30;
    for (const [i, place] of places.entries()) {
      const value = observations[frame * labels.length + i]!;
      const radius = Math.min(6, 0.42 * pitch);
      drawNode(context, place, radius, Math.abs(value) / largest[i]!, palette.text, palette.line);
      context.textBaseline = "middle";
      context.textAlign = "right";
      context.fillStyle = palette.text;
      const number = formatNumber(value);
      const inTwoLines = place.x < 150 && pitch >= 28;
      context.fillText(number, place.x - 12, inTwoLines ? place.y + 7 : place.y);
      context.fillStyle = palette.muted;
      if (inTwoLines) {
        fillFitting(context, labels[i]!, place.x - 12, place.y - 7, place.x - 16);
        continue;
      }
      context.textAlign = "left";
      fillFitting(context, labels[i]!, 10, place.y, place.x - 32 - context.measureText(number).width);
    }
  }

  #largestObservations(values: Float32Array, count: number): Float64Array {
    if (this.#observationScale?.of !== values) {
      const largest = new Float64Array(count).fill(1e-9);
      for (let i = 0; i < values.length; i++) {
        largest[i % count] = Math.max(largest[i % count]!, Math.abs(values[i]!));
      }
      this.#observationScale = { of: values, largest };
    }
    return this.#observationScale.largest;
  }

  #unitAt(x: number, y: number): number | undefined {
    let best: number | undefined;
    let bestDistance = Math.max(10, 2 * this.#radius);
    for (const [unit, place] of this.#places.entries()) {
      const distance = Math.hypot(place.x - x, place.y - y);
      if (distance < bestDistance) {
        bestDistance = distance;
        best = unit;
      }
    }
    return best;
  }

  #hover(x: number, y: number): void {
    const { track } = this.#state;
    const unit = track === undefined ? undefined : this.#unitAt(x, y);
    if (unit !== this.#state.fields.hoverUnit && (unit ?? null) !== this.#state.fields.hoverUnit) {
      this.#state.update({ hoverUnit: unit ?? null });
    }
    this.#tip.hidden = unit === undefined;
    if (unit === undefined || track === undefined) return;
    const { layer } = track;
    const rate = (countSpikes(track).spikes[unit]! / Math.max(1, track.count)).toFixed(2);
    const weight = layer.sensitivity?.[unit];
    this.#tip.textContent =
      `unit ${unit} · ${rate} spikes a step` +
      (weight === undefined ? "" : ` · weight on the action ${formatNumber(weight)}`) +
      (layer.tracedNeurons.includes(unit) ? "" : " · spikes only");
    const left = Math.min(x + 12, this.#plot.width - this.#tip.offsetWidth - 4);
    this.#tip.style.left = `${Math.max(0, left)}px`;
    this.#tip.style.top = `${y > 40 ? y - 36 : y + 16}px`;
  }
}

function spread(index: number, count: number, height: number): number {
  const pitch = Math.min(30, (height - 16) / count);
  return height / 2 + (index - (count - 1) / 2) * pitch;
}
