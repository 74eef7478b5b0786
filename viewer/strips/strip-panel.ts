import { formatNumber, niceStep, TimeScale } from "../plots/axis.ts";
import { CursorLines } from "../plots/cursor-lines.ts";
import { drawScaleEnds, fillFitting } from "../plots/labels.ts";
import type { Palette } from "../plots/palette.ts";
import { PlotCanvas } from "../plots/plot-canvas.ts";
import { listenToTimeGestures } from "../plots/time-gestures.ts";
import type { Panel } from "../shell/panel.ts";
import type { ViewState } from "../state/view-state.ts";

/** One line of numbers over frames. */
interface Curve {
  readonly name: string;
  readonly values: Float32Array | Float64Array;
  readonly stride: number;
  readonly offset: number;
  readonly colour: string;
  /** Drawn behind and not read out. */
  readonly faint: boolean;
}

interface Strip {
  readonly title: string;
  readonly curves: readonly Curve[];
  /** Actions and rewards hold for a step, observations are instants. */
  readonly held: boolean;
}

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
    const strips = this.#strips(palette);
    const stripHeight = height / strips.length;
    for (const [i, strip] of strips.entries()) {
      this.#drawStrip(strip, scale, i * stripHeight, stripHeight, palette);
      if (i > 0) {
        context.fillStyle = palette.line;
        context.fillRect(0, Math.round(i * stripHeight), width, 1);
      }
    }
  }

  #strips(palette: Palette): Strip[] {
    const { frames, header } = this.#state.replay!;
    const shown = this.#state.fields.observation;
    const observation = header.observationLabels.map((name, offset): Curve => {
      const stride = header.observationLabels.length;
      const faint = offset !== shown;
      const colour = faint ? palette.muted : palette.text;
      return { name, values: frames.observations, stride, offset, colour, faint };
    });
    const action = header.actionLabels.map((name, offset): Curve => {
      const stride = header.actionLabels.length;
      return { name, values: frames.actions, stride, offset, colour: palette.action, faint: offset > 0 };
    });
    const one = { stride: 1, offset: 0, faint: false };
    const strips: Strip[] = [
      { title: "observation", curves: observation, held: false },
      { title: "action", curves: action, held: true },
      {
        title: "reward",
        curves: [{ ...one, name: "reward", values: frames.rewards, colour: palette.reward }],
        held: true,
      },
    ];
    if (frames.values.some((value) => Number.isFinite(value))) {
      const value = { ...one, name: "value", values: frames.values, colour: palette.reward };
      strips.push({ title: "value", curves: [value], held: true });
    }
    return strips.filter((strip) => strip.curves.length > 0);
  }

  #drawStrip(strip: Strip, scale: TimeScale, top: number, height: number, palette: Palette): void {
    const { context } = this.#plot;
    const inner = { top: top + 4, height: height - 8 };
    const main = strip.curves.find((curve) => !curve.faint) ?? strip.curves[0]!;
    const [low, high] = this.#range(main);
    if (low < 0 && high > 0) {
      const zero = inner.top + inner.height * (high / (high - low));
      context.fillStyle = palette.grid;
      context.fillRect(scale.left, Math.round(zero), scale.right - scale.left, 1);
    }
    context.save();
    context.beginPath();
    context.rect(scale.left, top, scale.right - scale.left, height);
    context.clip();
    for (const curve of strip.curves) if (curve !== main) this.#drawCurve(strip, curve, scale, inner);
    this.#drawCurve(strip, main, scale, inner);
    context.restore();
    const { time, hoverTime } = this.#state.fields;
    const frame = this.#state.timeline!.frameAt(hoverTime ?? time);
    const value = main.values[frame * main.stride + main.offset]!;
    context.textAlign = "right";
    context.fillStyle = main.colour;
    context.textBaseline = "middle";
    const middle = top + height / 2;
    const name = strip.title === "observation" ? main.name : strip.title;
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

  #drawCurve(strip: Strip, curve: Curve, scale: TimeScale, inner: { top: number; height: number }): void {
    const timeline = this.#state.timeline!;
    const { frames } = timeline.replay;
    const { context } = this.#plot;
    const [low, high] = this.#range(curve);
    const first = Math.max(0, timeline.frameAt(scale.window.start) - 1);
    const lastFrame = Math.min(frames.count - 1, timeline.frameAt(scale.window.end) + 1);
    const stride = Math.max(1, Math.floor((lastFrame - first) / (2 * (scale.right - scale.left))));
    context.strokeStyle = curve.colour;
    context.globalAlpha = curve.faint ? 0.28 : 1;
    context.lineWidth = curve.faint ? 1 : 1.5;
    context.beginPath();
    let drawing = false;
    for (let frame = first; frame <= lastFrame; frame += stride) {
      const value = curve.values[frame * curve.stride + curve.offset]!;
      if (!Number.isFinite(value) || (frame > first && frames.steps[frame] === 0)) drawing = false;
      if (!Number.isFinite(value)) continue;
      const x = scale.x(frames.times[frame]!);
      const y = inner.top + inner.height * (1 - (value - low) / (high - low));
      if (drawing) context.lineTo(x, y);
      else context.moveTo(x, y);
      if (strip.held) context.lineTo(scale.x(frames.times[frame]! + timeline.stepSeconds * stride), y);
      drawing = true;
    }
    context.stroke();
    context.globalAlpha = 1;
  }

  /**
   * The scale of a curve: all it does in the window, rounded outwards so that it changes seldom while time runs. One for
   * the whole file would let a single fall flatten everything else.
   */
  #range(curve: Curve): [low: number, high: number] {
    const timeline = this.#state.timeline!;
    const { window } = this.#state.fields;
    const last = timeline.frameAt(window.end);
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let frame = timeline.frameAt(window.start); frame <= last; frame++) {
      const value = curve.values[frame * curve.stride + curve.offset]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (!(high >= low)) return [0, 1];
    if (high - low < 1e-9 * Math.max(1, Math.abs(high))) return [low - 1, high + 1];
    const step = niceStep(high - low, 4);
    return [Math.floor(low / step) * step, Math.ceil(high / step) * step];
  }
}
