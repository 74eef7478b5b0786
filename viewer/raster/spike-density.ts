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

  /** Copies the counts of one cell: [units]. */
  copyCell(level: number, cell: number, out: Uint8Array): void {
    const { units } = this;
    if (level > 0) {
      out.set(this.counts(level).subarray(cell * units, (cell + 1) * units));
      return;
    }
    const { spikeBits, bytesPerDecision, layer } = this.#track;
    const decision = Math.floor(cell / layer.ticks);
    const firstBit = (cell - decision * layer.ticks) * units;
    const firstByte = decision * bytesPerDecision;
    for (let unit = 0; unit < units; unit++) {
      const bit = firstBit + unit;
      out[unit] = (spikeBits[firstByte + (bit >> 3)]! >> (bit & 7)) & 1;
    }
  }

  #pairBits(): Uint8Array {
    const { units } = this;
    const counts = new Uint8Array(this.cells(1) * units);
    const row = new Uint8Array(units);
    for (let tick = 0; tick < this.ticks; tick++) {
      this.copyCell(0, tick, row);
      const to = (tick >> 1) * units;
      for (let unit = 0; unit < units; unit++) counts[to + unit]! += row[unit]!;
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
