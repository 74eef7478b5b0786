import type { LayerTrack } from "../../core/replay-file/replay.ts";

/**
 * Spikes of one layer at halving resolutions, so that any span of time costs about one look-up a pixel.
 *
 * Level 0 is the file's bits, one tick a cell. A cell of level L counts the spikes of 2^L ticks (at most 255). Cells run
 * over the ticks of all decisions in turn; they are made when a level is first wanted.
 */
export class SpikeDensity {
  readonly ticks: number;
  readonly units: number;
  readonly #track: LayerTrack;
  readonly #levels = new Map<number, Uint8Array>();

  constructor(track: LayerTrack) {
    this.#track = track;
    this.units = track.layer.units;
    this.ticks = track.count * track.layer.ticks;
  }

  /** Cells along time at a level. */
  cells(level: number): number {
    return Math.ceil(this.ticks / 2 ** level);
  }

  /** [cells, units] spike counts at a level above 0. */
  counts(level: number): Uint8Array {
    let counts = this.#levels.get(level);
    if (counts === undefined) {
      counts = level === 1 ? this.#pairBits() : this.#pair(this.counts(level - 1), this.cells(level - 1));
      this.#levels.set(level, counts);
    }
    return counts;
  }

  /** Whether a unit spiked at a running tick. */
  spiked(tick: number, unit: number): number {
    const { spikeBits, bytesPerDecision, layer } = this.#track;
    const decision = Math.floor(tick / layer.ticks);
    const bit = (tick - decision * layer.ticks) * this.units + unit;
    return (spikeBits[decision * bytesPerDecision + (bit >> 3)]! >> (bit & 7)) & 1;
  }

  #pairBits(): Uint8Array {
    const counts = new Uint8Array(this.cells(1) * this.units);
    for (let tick = 0; tick < this.ticks; tick++) {
      const row = (tick >> 1) * this.units;
      for (let unit = 0; unit < this.units; unit++) counts[row + unit]! += this.spiked(tick, unit);
    }
    return counts;
  }

  #pair(finer: Uint8Array, cells: number): Uint8Array {
    const { units } = this;
    const counts = new Uint8Array(Math.ceil(cells / 2) * units);
    for (let cell = 0; cell < cells; cell++) {
      const to = (cell >> 1) * units;
      const from = cell * units;
      for (let unit = 0; unit < units; unit++) {
        counts[to + unit] = Math.min(255, counts[to + unit]! + finer[from + unit]!);
      }
    }
    return counts;
  }
}
