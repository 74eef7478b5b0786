import type { LayerTrack } from "../../core/replay-file/replay.ts";
import type { TickPlace } from "../state/timeline.ts";

/** A spike's light falls to 1/e in this share of a step's ticks. */
const afterglow = 0.35;

/**
 * How lit every unit is at a tick: 1 at a spike, falling afterwards.
 *
 * @param firstDecision of the episode: light does not shine through a reset
 * @param out [units]; returned
 */
export function glowAt(
  { layer, spikeBits, bytesPerDecision }: LayerTrack,
  place: TickPlace | undefined,
  firstDecision: number,
  out: Float32Array,
): Float32Array {
  out.fill(0);
  if (place === undefined) return out;
  const { ticks, units } = layer;
  const fall = Math.max(1, afterglow * ticks);
  const reach = Math.ceil(4 * fall);
  let { decision, tick } = place;
  for (let age = 0; age < reach; age++) {
    const light = Math.exp(-age / fall);
    const firstByte = decision * bytesPerDecision;
    const firstBit = tick * units;
    for (let unit = 0; unit < units; unit++) {
      if (out[unit] !== 0) continue;
      const bit = firstBit + unit;
      if (((spikeBits[firstByte + (bit >> 3)]! >> (bit & 7)) & 1) === 1) out[unit] = light;
    }
    if (--tick >= 0) continue;
    tick = ticks - 1;
    if (--decision < firstDecision) break;
  }
  return out;
}
