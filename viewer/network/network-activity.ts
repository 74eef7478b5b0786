import type { LayerTrack, Replay } from "../../core/replay-file/replay.ts";
import { formatNumber } from "../plots/axis.ts";
import type { Palette } from "../plots/palette.ts";
import type { PlotCanvas } from "../plots/plot-canvas.ts";
import type { NetworkLayout } from "./network-layout.ts";
import { drawLink, fillNode, inputRadius, isInTwoLines, outputRadius } from "./node-shapes.ts";
import { NodeSprites } from "./node-sprites.ts";

/** At most so many units are shown reaching for the action: more would be a grey veil. */
const mostLinks = 96;
/** Fainter links than this are not seen. */
const faintest = 0.02;

/** What changes from tick to tick: lit units, what they pull on, observations and actions. */
export class NetworkActivity {
  readonly #sprites = new NodeSprites();
  #observationScale: { of: Float32Array; largest: Float64Array } | undefined;
  #strengths: { of: LayerTrack["layer"]; strengths: Float32Array } | undefined;

  /** @param glow how lit every unit is, 0 to 1 */
  draw(
    { context, ratio }: PlotCanvas,
    layout: NetworkLayout,
    replay: Replay,
    track: LayerTrack | undefined,
    glow: Float32Array,
    frame: number,
    palette: Palette,
  ): void {
    const { units, radius } = layout;
    if (track !== undefined) {
      this.#drawReadout(context, layout, track, glow, palette);
      this.#sprites.prepare(radius, ratio, palette.membrane);
      for (let unit = 0; unit < units.length; unit++) {
        const light = glow[unit]!;
        const place = units[unit];
        if (light > 0 && place !== undefined) this.#sprites.draw(context, place.x, place.y, light);
      }
    }
    context.textBaseline = "middle";
    this.#drawInputs(context, layout, replay, frame, palette);
    const { frames, header } = replay;
    const count = header.actionLabels.length;
    for (const [i, place] of layout.outputs.entries()) {
      const value = frames.actions[frame * count + i]!;
      fillNode(context, place, outputRadius(layout), Math.abs(value), palette.action);
      if (layout.outputPitch < 28) continue;
      context.fillStyle = palette.text;
      context.textAlign = "left";
      context.fillText(formatNumber(value), place.x + 14, place.y - 8, layout.width - place.x - 18);
    }
  }

  /** Lit units reach for the action as strongly as they weigh on it. */
  #drawReadout(
    context: CanvasRenderingContext2D,
    { units, outputs }: NetworkLayout,
    { layer }: LayerTrack,
    glow: Float32Array,
    palette: Palette,
  ): void {
    const { sensitivity } = layer;
    if (sensitivity === undefined || outputs.length === 0) return;
    if (this.#strengths?.of !== layer) {
      const largest = sensitivity.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-12);
      const strengths = Float32Array.from(sensitivity, (x) => (0.55 * Math.abs(x)) / largest);
      this.#strengths = { of: layer, strengths };
    }
    const { strengths } = this.#strengths;
    const alphas = strengths.map((strength, unit) => strength * glow[unit]!);
    const least = Math.max(faintest, Float32Array.from(alphas).sort().at(-mostLinks) ?? 0);
    context.strokeStyle = palette.action;
    context.lineWidth = 1;
    for (let unit = 0; unit < units.length; unit++) {
      const alpha = alphas[unit]!;
      const place = units[unit];
      if (alpha < least || place === undefined) continue;
      context.globalAlpha = alpha;
      for (const output of outputs) drawLink(context, place, output);
    }
    context.globalAlpha = 1;
  }

  #drawInputs(
    context: CanvasRenderingContext2D,
    layout: NetworkLayout,
    { frames }: Replay,
    frame: number,
    palette: Palette,
  ): void {
    const { inputs } = layout;
    const largest = this.#largestObservations(frames.observations, inputs.length);
    const y = isInTwoLines(layout) ? 7 : 0;
    context.textAlign = "right";
    for (const [i, place] of inputs.entries()) {
      const value = frames.observations[frame * inputs.length + i]!;
      fillNode(context, place, inputRadius(layout), Math.abs(value) / largest[i]!, palette.text);
      context.fillStyle = palette.text;
      context.fillText(formatNumber(value), place.x - 12, place.y + y);
    }
  }

  #largestObservations(values: Float32Array, count: number): Float64Array {
    if (this.#observationScale?.of !== values) {
      const largest = new Float64Array(count).fill(1e-9);
      for (let i = 0; i < values.length && count > 0; i++) {
        largest[i % count] = Math.max(largest[i % count]!, Math.abs(values[i]!));
      }
      this.#observationScale = { of: values, largest };
    }
    return this.#observationScale.largest;
  }
}
