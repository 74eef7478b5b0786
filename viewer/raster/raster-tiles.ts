import { pixelOf } from "../plots/palette.ts";
import type { SpikeDensity } from "./spike-density.ts";

/** Cells along time that one tile holds. */
export const tileCells = 256;

/** A tile has at most so many rows, more than a screen has; of a layer of more units several share one. */
const mostRows = 2048;

/** Units that share a row, at most; 1 where each has its own. */
export function unitsARow(units: number): number {
  return Math.ceil(units / mostRows);
}

/** The level whose cells come closest to one a pixel from the coarse side, so that no spike is lost between pixels. */
export function levelFor(ticks: number, pixels: number): number {
  return Math.max(0, Math.ceil(Math.log2(ticks / Math.max(1, pixels))));
}

/** How spikes are painted: another look makes every tile anew. */
export interface RasterLook {
  /** Units from the top. */
  readonly order: Uint32Array;
  readonly picks: ReadonlySet<number>;
  readonly colour: string;
  readonly pickColour: string;
  /** Names all of these and whose spikes they are. */
  readonly version: string;
}

/**
 * Spikes as small images, one pixel a cell, one row a unit in the given order (where there are not too many), made when they first come in sight.
 * Panning and zooming only scale images that are there, so they cost the same for one spike as for a million.
 */
export class RasterTiles {
  readonly #capacity: number;
  /** The one used last is the last. */
  readonly #tiles = new Map<string, HTMLCanvasElement>();
  #version = "";

  /** @param capacity tiles kept */
  constructor(capacity = 48) {
    this.#capacity = capacity;
  }

  /** Cells [number * tileCells, (number + 1) * tileCells) of a level, as far as there are any. */
  tile(density: SpikeDensity, level: number, number: number, look: RasterLook): HTMLCanvasElement {
    if (look.version !== this.#version) {
      this.#tiles.clear();
      this.#version = look.version;
    }
    const key = `${level}/${number}`;
    const tile = this.#tiles.get(key) ?? paint(density, level, number, look);
    this.#tiles.delete(key);
    this.#tiles.set(key, tile);
    for (const old of this.#tiles.keys()) {
      if (this.#tiles.size <= this.#capacity) break;
      this.#tiles.delete(old);
    }
    return tile;
  }
}

function paint(density: SpikeDensity, level: number, number: number, look: RasterLook): HTMLCanvasElement {
  const { order, picks } = look;
  const first = number * tileCells;
  const columns = Math.max(1, Math.min(tileCells, density.cells(level) - first));
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  const rows = Math.min(mostRows, order.length);
  canvas.height = rows;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("spike raster: this browser gave no 2D canvas");
  const image = context.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const full = 2 ** level;
  const ordinary = colourRamp(look.colour, full);
  const picked = colourRamp(look.pickColour, full);
  const ramps = Array.from(order, (unit) => (picks.has(unit) ? picked : ordinary));
  const counts = new Uint8Array(density.units);
  for (let column = 0; column < columns; column++) {
    density.copyCell(level, first + column, counts);
    for (let row = 0; row < ramps.length; row++) {
      const count = counts[order[row]!]!;
      if (count === 0) continue;
      const at = Math.floor((row * rows) / order.length) * columns + column;
      const pixel = ramps[row]![Math.min(count, full)]!;
      // The brightest of those that share a row.
      if (pixel >>> 24 > pixels[at]! >>> 24) pixels[at] = pixel;
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** Pixel by count: a lone spike stays visible among `full` silent ticks. */
function colourRamp(colour: string, full: number): Uint32Array {
  return Uint32Array.from({ length: full + 1 }, (_, count) =>
    count === 0 ? 0 : pixelOf(colour, 0.5 + 0.5 * Math.sqrt(count / full)),
  );
}
