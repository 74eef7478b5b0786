import type { LayerTrack } from "../../core/replay-file/replay.ts";
import type { TimeScale } from "../plots/axis.ts";
import type { Palette } from "../plots/palette.ts";
import type { PlotCanvas } from "../plots/plot-canvas.ts";
import type { Timeline } from "../state/timeline.ts";
import { levelFor, RasterTiles, tileCells } from "./raster-tiles.ts";
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

/** One layer's spikes between two heights of the raster. */
export class SpikeBand {
  #track: LayerTrack;
  #density: SpikeDensity;
  /** Counts the tracks followed. */
  #generation = 0;
  readonly #tiles = new RasterTiles();

  constructor(track: LayerTrack) {
    this.#track = track;
    this.#density = new SpikeDensity(track);
  }

  /** Whether this band will do for a track: it is the same layer, another part of it or longer. */
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
    const look = {
      order: view.rows,
      picks: view.picks,
      colour: view.colour,
      pickColour: palette.pick,
      version: `${this.#generation}/${view.version}/${view.colour}`,
    };
    // On whole pixels, so that no seam shows between two tiles.
    const snap = (x: number) => Math.round(x * ratio) / ratio;
    for (const episode of replay.episodes) {
      const shift = view.shiftOf(view.timeline.episodeNumberAt(episode.startSeconds));
      if (shift === undefined || episode.steps === 0) continue;
      const start = frames.times[episode.firstFrame]! + shift;
      const end = start + episode.steps * stepSeconds;
      if (end <= scale.window.start || start >= scale.window.end) continue;
      const firstTick = frames.decisions[episode.firstFrame]! * ticks;
      const lastTick = firstTick + episode.steps * ticks;
      const tickOf = (time: number) => firstTick + (time - start) / tickSeconds;
      const firstCell = Math.floor(Math.max(firstTick, tickOf(scale.window.start)) / cellTicks);
      const endCell = Math.ceil(Math.min(lastTick, tickOf(scale.window.end)) / cellTicks);
      const xOf = (cell: number) => snap(scale.x(start + (cell * cellTicks - firstTick) * tickSeconds));
      for (let number = Math.floor(firstCell / tileCells); number * tileCells < endCell; number++) {
        const tile = this.#tiles.tile(this.#density, level, number, look);
        const from = Math.max(firstCell, number * tileCells);
        const to = Math.min(endCell, number * tileCells + tile.width);
        const [left, right] = [xOf(from), xOf(to)];
        if (to <= from || right <= left) continue;
        context.drawImage(
          tile,
          from - number * tileCells,
          0,
          to - from,
          tile.height,
          left,
          top,
          right - left,
          height,
        );
      }
    }
    context.restore();
  }
}
