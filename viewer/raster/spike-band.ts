import type { LayerTrack } from "../../core/replay-file/replay.ts";
import type { TimeScale } from "../plots/axis.ts";
import type { Palette } from "../plots/palette.ts";
import type { PlotCanvas } from "../plots/plot-canvas.ts";
import type { Timeline } from "../state/timeline.ts";
import { levelFor, RasterImage } from "./raster-image.ts";
import { SpikeDensity } from "./spike-density.ts";

/** What a band shows of its layer, and how. */
interface BandView {
  readonly timeline: Timeline;
  /** What to add to times within an episode for the plot's clock; undefined: not on it. */
  shiftOf(episode: number): number | undefined;
  /** Units from the top. */
  readonly rows: Uint32Array;
  readonly colour: string;
  readonly picks: ReadonlySet<number>;
  /** Names the order and the picks. */
  readonly version: string;
}

/** One layer's spikes between two heights of the raster: an image for each episode in sight. */
export class SpikeBand {
  #track: LayerTrack;
  #density: SpikeDensity;
  /** Counts the tracks followed. */
  #generation = 0;
  readonly #images = new Map<number, RasterImage>();

  constructor(track: LayerTrack) {
    this.#track = track;
    this.#density = new SpikeDensity(track);
  }

  /** Whether this band's images will do for a track: it is the same layer, another part of it or longer. */
  follows(track: LayerTrack): boolean {
    return track.layer === this.#track.layer;
  }

  /** Goes on with another part of the same layer. */
  follow(track: LayerTrack): void {
    if (track === this.#track) return;
    this.#track = track;
    this.#density = new SpikeDensity(track);
    this.#generation++;
  }

  draw(
    { context, ratio }: PlotCanvas,
    scale: TimeScale,
    { top, height }: { readonly top: number; readonly height: number },
    view: BandView,
    palette: Palette,
  ): void {
    const { replay, stepSeconds } = view.timeline;
    const { frames } = replay;
    const { ticks, units } = this.#track.layer;
    const tickSeconds = stepSeconds / ticks;
    const span = scale.window.end - scale.window.start;
    const level = levelFor(span / tickSeconds, (scale.right - scale.left) * ratio);
    const cellTicks = 2 ** level;
    context.save();
    context.beginPath();
    context.rect(scale.left, top, scale.right - scale.left, height);
    context.clip();
    // A column is at least a pixel wide, so taking the nearest loses nothing; rows may be finer than pixels.
    context.imageSmoothingEnabled = units > height * ratio;
    const version = `${this.#generation}/${view.version}`;
    const inSight = new Set<number>();
    for (const episode of replay.episodes) {
      const shift = view.shiftOf(view.timeline.episodeNumberAt(episode.startSeconds));
      if (shift === undefined || episode.steps === 0) continue;
      const start = frames.times[episode.firstFrame]! + shift;
      const end = start + episode.steps * stepSeconds;
      if (end <= scale.window.start || start >= scale.window.end) continue;
      const firstTick = frames.decisions[episode.firstFrame]! * ticks;
      const lastTick = firstTick + episode.steps * ticks;
      const tickOf = (time: number) => firstTick + (time - start) / tickSeconds;
      const from = Math.max(firstTick, Math.floor(tickOf(scale.window.start)));
      const to = Math.min(lastTick, Math.ceil(tickOf(scale.window.end)) + 1);
      if (to <= from) continue;
      const patch = { level, from: Math.floor(from / cellTicks), to: Math.ceil(to / cellTicks) };
      inSight.add(episode.index);
      let image = this.#images.get(episode.index);
      if (image === undefined) {
        image = new RasterImage();
        this.#images.set(episode.index, image);
      }
      image.paint(this.#density, patch, view.rows, view.picks, view.colour, palette.pick, version);
      const timeOf = (tick: number) => start + (tick - firstTick) * tickSeconds;
      const x = scale.x(timeOf(patch.from * cellTicks));
      const right = scale.x(timeOf(patch.to * cellTicks));
      context.drawImage(image.canvas, x, top, right - x, height);
    }
    context.restore();
    // A long play passes through many episodes; the images of those behind are made again when wanted.
    for (const index of this.#images.keys()) if (!inSight.has(index)) this.#images.delete(index);
  }
}
