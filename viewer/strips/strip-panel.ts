import { formatNumber, niceStep, TimeScale } from "../plots/axis.ts";
import { CursorLines } from "../plots/cursor-lines.ts";
import { drawScaleEnds, fillFitting } from "../plots/labels.ts";
import type { Palette } from "../plots/palette.ts";
import { PlotCanvas } from "../plots/plot-canvas.ts";
import { listenToTimeGestures } from "../plots/time-gestures.ts";
import type { Panel } from "../shell/panel.ts";
import type { Rival } from "../state/rival.ts";
import type { ViewState } from "../state/view-state.ts";
import { type Curve, makeStrips, type Strip } from "./curves.ts";

/** Observation, action and reward (and the critic's value) over the shared window. */
export class StripPanel implements Panel {
  readonly #state: ViewState;
  readonly #plot: PlotCanvas;
  readonly #lines: CursorLines;
  #scale: TimeScale | undefined;

  constructor(host: HTMLElement, state: ViewState, invalidate: () => void) {
    this.#state = state;
    this.#plot = new PlotCanvas(host, "Observation, action and reward over time", invalidate);
    this.#lines = new CursorLines(host);
    listenToTimeGestures(this.#plot.element, state, { scale: () => this.#scale, drag: "scrub" });
  }

  draw(palette: Palette): void {
    const { timeline } = this.#state;
    if (timeline === undefined || this.#plot.folded) return;
    const { context, width, height } = this.#plot;
    const { window, time, hoverTime, observation } = this.#state.fields;
    const scale = new TimeScale(window, width);
    this.#scale = scale;
    this.#lines.show(this.#state, scale, 0, height);
    const content = [window.start, window.end, timeline.frameAt(hoverTime ?? time), observation];
    if (!this.#plot.begin(palette.font, [...content, this.#state.revision, palette.theme].join())) return;
    const strips = makeStrips(timeline, this.#state.rivals, observation, palette);
    const stripHeight = height / strips.length;
    for (const [i, strip] of strips.entries()) {
      this.#drawStrip(strip, scale, i * stripHeight, stripHeight, palette);
      if (i > 0) {
        context.fillStyle = palette.line;
        context.fillRect(0, Math.round(i * stripHeight), width, 1);
      }
    }
  }

  #drawStrip(strip: Strip, scale: TimeScale, top: number, height: number, palette: Palette): void {
    const { context } = this.#plot;
    const inner = { top: top + 4, height: height - 8 };
    const main = strip.curves.find((curve) => !curve.faint) ?? strip.curves[0]!;
    // Curves that are compared share one scale; the faint ones have each their own.
    const compared = strip.curves.filter((curve) => !curve.faint && (curve === main || curve.rival));
    const shared = this.#range(compared);
    const [low, high] = shared;
    if (low < 0 && high > 0) {
      const zero = inner.top + inner.height * (high / (high - low));
      context.fillStyle = palette.grid;
      context.fillRect(scale.left, Math.round(zero), scale.right - scale.left, 1);
    }
    context.save();
    context.beginPath();
    context.rect(scale.left, top, scale.right - scale.left, height);
    context.clip();
    for (const curve of strip.curves) {
      if (curve === main) continue;
      this.#drawCurve(strip, curve, curve.rival ? shared : this.#range([curve]), scale, inner);
    }
    this.#drawCurve(strip, main, shared, scale, inner);
    context.restore();
    const { time, hoverTime } = this.#state.fields;
    const frame = this.#state.timeline!.frameAt(hoverTime ?? time);
    const value = main.values[frame * main.stride + main.offset]!;
    context.textAlign = "right";
    context.fillStyle = main.colour;
    context.textBaseline = "middle";
    const middle = top + height / 2;
    const name = strip.title;
    const number = formatNumber(value);
    if (height >= 29) {
      fillFitting(context, name, scale.left - 6, middle - 7, scale.left - 10);
      context.fillText(number, scale.left - 6, middle + 7);
    } else {
      context.fillText(number, scale.left - 6, middle);
      const room = scale.left - 20 - context.measureText(number).width;
      fillFitting(context, name, scale.left - 12 - context.measureText(number).width, middle, room);
    }
    if (this.#plot.width - scale.right > 40) {
      drawScaleEnds(context, [low, high], scale.right, inner.top, inner.height, palette);
    }
  }

  #drawCurve(
    strip: Strip,
    curve: Curve,
    [low, high]: readonly [low: number, high: number],
    scale: TimeScale,
    inner: { readonly top: number; readonly height: number },
  ): void {
    const { frames, firstFrame, lastFrame, stepSeconds, timeOf } = this.#framesOf(curve);
    const { context } = this.#plot;
    const stride = Math.max(1, Math.floor((lastFrame - firstFrame) / (2 * (scale.right - scale.left))));
    context.strokeStyle = curve.colour;
    context.globalAlpha = curve.faint ? 0.28 : 1;
    context.lineWidth = curve.faint ? 1 : 1.5;
    context.beginPath();
    let drawing = false;
    for (let frame = firstFrame; frame <= lastFrame; frame += stride) {
      const value = curve.values[frame * curve.stride + curve.offset]!;
      const time = timeOf(frame);
      if (!Number.isFinite(value) || (frame > firstFrame && frames.steps[frame] === 0)) drawing = false;
      if (!Number.isFinite(value) || time === undefined) continue;
      const x = scale.x(time);
      const y = inner.top + inner.height * (1 - (value - low) / (high - low));
      if (drawing) context.lineTo(x, y);
      else context.moveTo(x, y);
      if (strip.held) context.lineTo(scale.x(time + stepSeconds * stride), y);
      drawing = true;
    }
    context.stroke();
    context.globalAlpha = 1;
  }

  /** The frames of a curve that lie in the window, a little more on each side. */
  #framesOf({ rival }: Curve) {
    const { start, end } = this.#state.fields.window;
    const first = this.#state.timeline!;
    const timeline = rival?.timeline ?? first;
    const { frames } = timeline.replay;
    // The start of a rival's episode is where the first one's is, so the window's ends may lie in different episodes.
    const from = rival === undefined ? start : (rival.timeAt(start) ?? this.#rivalEpisodeStart(rival, start));
    const to = rival === undefined ? end : (rival.timeAt(end) ?? this.#rivalEpisodeEnd(rival, end));
    return {
      frames,
      firstFrame: Math.max(0, timeline.frameAt(from) - 1),
      lastFrame: Math.min(frames.count - 1, timeline.frameAt(to) + 1),
      stepSeconds: timeline.stepSeconds,
      timeOf: (frame: number) => (rival === undefined ? frames.times[frame]! : rival.timeOfFrame(frame)),
    };
  }

  #rivalEpisodeStart({ timeline }: Rival, time: number): number {
    return timeline.episodes[this.#state.timeline!.episodeNumberAt(time)]?.startSeconds ?? timeline.duration;
  }

  #rivalEpisodeEnd({ timeline }: Rival, time: number): number {
    const next = timeline.episodes[this.#state.timeline!.episodeNumberAt(time) + 1];
    return next?.startSeconds ?? timeline.duration;
  }

  /**
   * The scale of curves: all they do in the window, rounded outwards so that it changes seldom while time runs. One for
   * the whole file would let a single fall flatten everything else.
   */
  #range(curves: readonly Curve[]): [low: number, high: number] {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (const curve of curves) {
      const { firstFrame, lastFrame } = this.#framesOf(curve);
      for (let frame = firstFrame; frame <= lastFrame; frame++) {
        const value = curve.values[frame * curve.stride + curve.offset]!;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    if (!(high >= low)) return [0, 1];
    if (high - low < 1e-9 * Math.max(1, Math.abs(high))) return [low - 1, high + 1];
    const step = niceStep(high - low, 4);
    return [Math.floor(low / step) * step, Math.ceil(high / step) * step];
  }
}
