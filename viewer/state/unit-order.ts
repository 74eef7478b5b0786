import type { LayerTrack } from "../../core/replay-file/replay.ts";

export const unitOrders = ["index", "rate", "first spike", "weight"] as const;
/** How the raster's rows are sorted. `weight`: by the header's sensitivity of the action to the unit. */
export type UnitOrder = (typeof unitOrders)[number];

/** Spikes of every unit and the tick of its first one (Infinity: silent). */
export interface UnitCounts {
  readonly spikes: Float64Array;
  readonly first: Float64Array;
}

const countsOf = new WeakMap<LayerTrack, UnitCounts>();

export function countSpikes(track: LayerTrack): UnitCounts {
  let counts = countsOf.get(track);
  if (counts === undefined) {
    const { units, ticks } = track.layer;
    const spikes = new Float64Array(units);
    const first = new Float64Array(units).fill(Number.POSITIVE_INFINITY);
    const { spikeBits, bytesPerDecision } = track;
    for (let byte = 0; byte < spikeBits.length; byte++) {
      let bits = spikeBits[byte]!;
      const decision = Math.floor(byte / bytesPerDecision);
      const offset = (byte - decision * bytesPerDecision) * 8;
      for (let bit = 0; bits !== 0; bit++, bits >>= 1) {
        const index = offset + bit;
        if ((bits & 1) === 0 || index >= units * ticks) continue;
        const unit = index % units;
        spikes[unit]!++;
        first[unit] = Math.min(first[unit]!, decision * ticks + Math.floor(index / units));
      }
    }
    counts = { spikes, first };
    countsOf.set(track, counts);
  }
  return counts;
}

/** Units in the order of their rows, from the top. Ties keep the order of their indices. */
export function orderUnits(track: LayerTrack, order: UnitOrder): Uint32Array {
  const units = Uint32Array.from({ length: track.layer.units }, (_, i) => i);
  if (order === "index") return units;
  const { spikes, first } = countSpikes(track);
  const { sensitivity } = track.layer;
  // Subtracting infinities is NaN, which no sort survives.
  const compare = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1);
  if (order === "rate") return units.sort((a, b) => compare(spikes[b]!, spikes[a]!) || a - b);
  if (order === "first spike") return units.sort((a, b) => compare(first[a]!, first[b]!) || a - b);
  if (sensitivity === undefined) return units;
  return units.sort((a, b) => compare(sensitivity[b]!, sensitivity[a]!) || a - b);
}
