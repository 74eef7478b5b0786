import { formatNumber } from "../plots/axis.ts";
import type { Palette } from "../plots/palette.ts";
import { PlotCanvas } from "../plots/plot-canvas.ts";
import type { Panel } from "../shell/panel.ts";
import { countSpikes } from "../state/unit-order.ts";
import type { ViewState } from "../state/view-state.ts";
import { glowAt } from "./glow.ts";
import { NetworkActivity } from "./network-activity.ts";
import { drawBase } from "./network-base.ts";
import { layOut, type NetworkLayout, unitAt } from "./network-layout.ts";
import { PictureInput } from "./picture-input.ts";

/** Input, population and readout: what stands still on one canvas, what they do at the instant on another above it. */
export class NetworkPanel implements Panel {
  readonly #state: ViewState;
  readonly #base: PlotCanvas;
  readonly #plot: PlotCanvas;
  readonly #tip: HTMLElement;
  readonly #activity = new NetworkActivity();
  readonly #picture = new PictureInput();
  #layout: NetworkLayout | undefined;
  #laidOut = "";
  #glow = new Float32Array();

  constructor(host: HTMLElement, state: ViewState, invalidate: () => void) {
    this.#state = state;
    this.#base = new PlotCanvas(host, "Network: inputs, population and readout", invalidate);
    this.#plot = new PlotCanvas(host, "Network: activity at the cursor", invalidate);
    this.#tip = document.createElement("div");
    this.#tip.className = "tip";
    this.#tip.hidden = true;
    host.append(this.#tip);
    const { element } = this.#plot;
    element.addEventListener("pointermove", (event) => this.#hover(event.offsetX, event.offsetY));
    element.addEventListener("pointerleave", () => this.#hover(-1e6, -1e6));
    element.addEventListener("click", (event) => {
      const unit = this.#layout && unitAt(this.#layout, event.offsetX, event.offsetY);
      if (unit !== undefined) state.togglePick(unit);
    });
  }

  draw(palette: Palette): void {
    const { replay, timeline, track } = this.#state;
    if (replay === undefined || timeline === undefined || this.#plot.folded) return;
    const { width, height } = this.#plot;
    const { time, hoverTime, hoverUnit, picks, order, layerIndex } = this.#state.fields;
    // A live recording's spikes change its orders, but not what there is to draw where rows keep their index.
    const still = this.#state.live && order === "index" ? "live" : this.#state.revision;
    const place = [still, replay.name, order, layerIndex, width, height].join();
    if (place !== this.#laidOut || this.#layout === undefined) {
      this.#laidOut = place;
      this.#layout = layOut(replay.header, track?.layer, this.#state.unitOrder, width, height);
    }
    const layout = this.#layout;
    const shown = [place, picks.join("+"), hoverUnit, palette.theme].join();
    if (this.#base.begin(palette.font, shown)) {
      drawBase(this.#base.context, layout, replay.header, track, picks, hoverUnit, palette);
    }
    const at = hoverTime ?? time;
    const frame = timeline.frameAt(at);
    const tick = track && timeline.tickAt(at, track);
    const instant = [shown, this.#state.revision, frame, tick?.tick].join();
    if (!this.#plot.begin(palette.font, instant)) return;
    if (track !== undefined) {
      if (this.#glow.length !== track.layer.units) this.#glow = new Float32Array(track.layer.units);
      const first = replay.frames.decisions[timeline.episodeAt(at).firstFrame]!;
      glowAt(track, tick, Math.max(0, first), this.#glow);
    }
    this.#activity.draw(this.#plot, layout, replay, track, this.#glow, frame, palette);
    if (replay.images !== undefined) {
      const unit = hoverUnit ?? picks.at(-1);
      this.#picture.draw(this.#plot.context, layout, replay, track, unit, frame, palette);
    }
  }

  #hover(x: number, y: number): void {
    const { track } = this.#state;
    const unit = track && this.#layout ? unitAt(this.#layout, x, y) : undefined;
    if ((unit ?? null) !== this.#state.fields.hoverUnit) this.#state.update({ hoverUnit: unit ?? null });
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
