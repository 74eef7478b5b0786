import type { DeliveredSpikes } from "../../neurons/spiking-layer.ts";

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/**
 * Uniform numbers in [0, 1) for one episode's decision, by number. They depend on what the policy was shown in it and on
 * the seed, and on nothing else: an episode meets the same faults alone and beside others, in whichever row of a batch.
 */
export function laneDraws(
  { inputs, inputSize, batch }: DeliveredSpikes,
  lane: number,
  seed: number,
): (number: number) => number {
  let key = mix(seed >>> 0);
  for (let row = lane * inputSize; row < inputs.length; row += batch * inputSize) {
    for (let i = row; i < row + inputSize; i++) {
      float[0] = inputs[i]!;
      key = mix(key ^ bits[0]!);
    }
  }
  return (number) => mix(key + Math.imul(number + 1, 0x9e3779b9)) / 2 ** 32;
}

/** Spreads 32 bits over 32 bits: the finaliser of Austin Appleby's MurmurHash3. */
function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
