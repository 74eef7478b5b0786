import type { ReplayOutline } from "../../core/replay-file/replay.ts";
import { TimeScale } from "../plots/axis.ts";
import { CursorLines } from "../plots/cursor-lines.ts";
import type { Palette } from "../plots/palette.ts";
import { PlotCanvas } from "../plots/plot-canvas.ts";
import type { Panel } from "../shell/panel.ts";
import type { ViewState } from "../state/view-state.ts";

const inset = 10;
const markHeight = 12;

/** The whole file as one slider: a miniature of the reward, event marks, the window, the loop and the cursor. */
export class Scrubber implements Panel {
  readonly #state: ViewState;
  readonly #plot: PlotCanvas;
  readonly #host: HTMLElement;
  readonly #lines: CursorLines;

  constructor(host: HTMLElement, state: ViewState, invalidate: () => void) {
    this.#host = host;
    this.#state = state;
    this.#plot = new PlotCanvas(host, "Miniature of the reward", invalidate);
    this.#lines = new CursorLines(host);
    host.setAttribute("role", "slider");
    host.setAttribute("aria-label", "Time");
    for (const value of ["min", "max", "now"]) host.setAttribute(`aria-value${value}`, "0");
    host.tabIndex = 0;
    const seek = (event: PointerEvent) =>
      state.seek(this.#scale().time(event.clientX - host.getBoundingClientRect().left));
    host.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || state.timeline === undefined) return;
      host.setPointerCapture(event.pointerId);
      seek(event);
    });
    host.addEventListener("pointermove", (event) => {
      if (host.hasPointerCapture(event.pointerId)) seek(event);
      else if (state.timeline) {
        const x = event.clientX - host.getBoundingClientRect().left;
        state.update({ hoverTime: state.timeline.clamp(this.#scale().time(x)) });
      }
    });
    host.addEventListener("pointerleave", () => state.update({ hoverTime: null }));
  }

  #scale(): TimeScale {
    const { start, duration } = this.#state.timeline ?? { start: 0, duration: 1 };
    return new TimeScale({ start, end: duration }, this.#plot.width, inset, inset);
  }

  draw(palette: Palette): void {
    const { replay, timeline } = this.#state;
    if (replay === undefined || timeline === undefined || this.#plot.folded) return;
    const { context, height } = this.#plot;
    const scale = this.#scale();
    const { window, time, loopA, loopB } = this.#state.fields;
    this.#host.setAttribute("aria-valuemin", timeline.start.toFixed(3));
    this.#host.setAttribute("aria-valuemax", timeline.duration.toFixed(3));
    this.#host.setAttribute("aria-valuenow", time.toFixed(3));
    this.#host.setAttribute(
      "aria-valuetext",
      `${time.toFixed(2)} seconds of ${timeline.duration.toFixed(2)}`,
    );
    const top = markHeight;
    const bottom = height - 4;
    this.#lines.show(this.#state, scale, top - 2, bottom);
    const content = [window.start, window.end, loopA, loopB, this.#state.revision, palette.theme];
    if (!this.#plot.begin(palette.font, content.join())) return;
    context.fillStyle = palette.text;
    context.globalAlpha = 0.06;
    const from = scale.x(window.start);
    context.fillRect(from, top, Math.max(2, scale.x(window.end) - from), bottom - top);
    context.globalAlpha = 1;
    this.#drawReward(scale, top + 3, bottom - 2, palette);
    context.fillStyle = palette.line;
    context.fillRect(scale.left, bottom, scale.right - scale.left, 1);
    if (loopA !== null || loopB !== null) {
      const a = scale.x(loopA ?? timeline.start);
      const b = scale.x(loopB ?? timeline.duration);
      context.fillStyle = palette.cursor;
      context.globalAlpha = 0.16;
      context.fillRect(a, top, b - a, bottom - top);
      context.globalAlpha = 1;
      this.#drawLetter("A", loopA, scale, palette);
      this.#drawLetter("B", loopB, scale, palette);
    }
    for (const event of replay.events) {
      const x = scale.x(event.time);
      context.fillStyle =
        event.kind === "failure" ? palette.alarm : event.kind === "push" ? palette.action : palette.muted;
      context.beginPath();
      if (event.kind === "push") {
        context.moveTo(x - 4, 2);
        context.lineTo(x + 4, 2);
        context.lineTo(x, 10);
      } else if (event.kind === "failure") {
        context.moveTo(x, 1);
        context.lineTo(x + 5, 6);
        context.lineTo(x, 11);
        context.lineTo(x - 5, 6);
      } else context.rect(x - 0.75, 2, 1.5, bottom - 2);
      context.fill();
    }
  }

  #drawLetter(letter: string, time: number | null, scale: TimeScale, palette: Palette): void {
    if (time === null) return;
    const { context } = this.#plot;
    context.fillStyle = palette.cursor;
    context.textAlign = "center";
    context.textBaseline = "top";
    context.fillText(letter, scale.x(time), markHeight + 2);
  }

  /** Least and largest reward of each pixel column. */
  #drawReward(scale: TimeScale, top: number, bottom: number, palette: Palette): void {
    const { frames, outline } = this.#state.replay!;
    if (outline !== undefined) {
      this.#drawOutline(outline.reward, scale, top, bottom, palette);
      return;
    }
    const { context } = this.#plot;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (const reward of frames.rewards) {
      if (reward < low) low = reward;
      if (reward > high) high = reward;
    }
    if (!Number.isFinite(low)) return;
    const y = (reward: number) =>
      high > low ? bottom - ((reward - low) / (high - low)) * (bottom - top) : (top + bottom) / 2;
    context.strokeStyle = palette.reward;
    context.lineWidth = 1.2;
    context.beginPath();
    let column = Number.NaN;
    let drawing = false;
    for (let frame = 0; frame < frames.count; frame++) {
      const reward = frames.rewards[frame]!;
      if (!Number.isFinite(reward)) {
        drawing = false;
        continue;
      }
      const x = scale.x(frames.times[frame]!);
      const dull = drawing && Math.floor(x) === column && frame % 4 !== 0 && reward > low;
      if (dull) continue;
      column = Math.floor(x);
      if (drawing) context.lineTo(x, y(reward));
      else context.moveTo(x, y(reward));
      drawing = true;
    }
    context.stroke();
  }

  /** The same of a file that is only in part in memory. */
  #drawOutline(
    reward: ReplayOutline["reward"],
    scale: TimeScale,
    top: number,
    bottom: number,
    palette: Palette,
  ): void {
    const { context } = this.#plot;
    const known = (bound: readonly (number | null)[]) => bound.filter((value) => value !== null);
    const low = Math.min(...known(reward.low));
    const high = Math.max(...known(reward.high));
    if (!(high >= low)) return;
    const y = (value: number) =>
      high > low ? bottom - ((value - low) / (high - low)) * (bottom - top) : (top + bottom) / 2;
    const width = (scale.right - scale.left) / reward.low.length;
    context.fillStyle = palette.reward;
    for (const [i, least] of reward.low.entries()) {
      const most = reward.high[i];
      if (least === null || most == null) continue;
      const upper = y(most);
      context.fillRect(scale.left + i * width, upper - 0.6, Math.max(1, width), y(least) - upper + 1.2);
    }
  }
}
