import { pixelOf } from "../plots/palette.ts";
import type { SpikeDensity } from "./spike-density.ts";

/** What one image of spikes shows. */
export interface RasterPatch {
  readonly level: number;
  /** Cells [from, to) of that level. */
  readonly from: number;
  readonly to: number;
}

/** The level whose cells come closest to one a pixel from the coarse side, so that no spike is lost between pixels. */
export function levelFor(ticks: number, pixels: number): number {
  return Math.max(0, Math.ceil(Math.log2(ticks / Math.max(1, pixels))));
}

/**
 * Draws cells as pixels into a canvas of its own: one column a cell, one row a unit in the given order. The canvas is
 * then scaled onto the plot, so drawing costs the same for one spike as for a million.
 */
export class RasterImage {
  readonly canvas = document.createElement("canvas");
  readonly #context: CanvasRenderingContext2D;
  #key = "";

  constructor() {
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    if (context === null) throw new Error("spike raster: this browser gave no 2D canvas");
    this.#context = context;
  }

  /** Redraws when anything that shows has changed. `version` names the order and the picks. */
  paint(
    density: SpikeDensity,
    patch: RasterPatch,
    order: Uint32Array,
    picks: ReadonlySet<number>,
    colour: string,
    pickColour: string,
    version: string,
  ): void {
    const key = `${patch.level}/${patch.from}/${patch.to}/${version}/${colour}`;
    if (key === this.#key) return;
    this.#key = key;
    const columns = patch.to - patch.from;
    const rows = order.length;
    if (this.canvas.width !== columns || this.canvas.height !== rows) {
      this.canvas.width = columns;
      this.canvas.height = rows;
    }
    const image = this.#context.createImageData(columns, rows);
    const pixels = new Uint32Array(image.data.buffer);
    const full = 2 ** patch.level;
    const ordinary = colourRamp(colour, full);
    const picked = colourRamp(pickColour, full);
    const counts = patch.level === 0 ? undefined : density.counts(patch.level);
    for (let row = 0; row < rows; row++) {
      const unit = order[row]!;
      const ramp = picks.has(unit) ? picked : ordinary;
      const start = row * columns;
      for (let column = 0; column < columns; column++) {
        const cell = patch.from + column;
        const count =
          counts === undefined ? density.spiked(cell, unit) : counts[cell * density.units + unit]!;
        if (count > 0) pixels[start + column] = ramp[Math.min(count, full)]!;
      }
    }
    this.#context.putImageData(image, 0, 0);
  }
}

/** Pixel by count: a lone spike stays visible among `full` silent ticks. */
function colourRamp(colour: string, full: number): Uint32Array {
  return Uint32Array.from({ length: full + 1 }, (_, count) =>
    count === 0 ? 0 : pixelOf(colour, 0.5 + 0.5 * Math.sqrt(count / full)),
  );
}
