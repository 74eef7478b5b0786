import { expect, test } from "vitest";
import type { LayerTrack } from "../../core/replay-file/replay.ts";
import { packBits } from "../../core/replay-file/spike-bits.ts";
import { glowAt } from "../../viewer/network/glow.ts";

/** Two decisions of four ticks; unit 0 spikes first of all, unit 1 at the second decision's second tick, unit 2 never. */
const rows = [
  [1, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 1, 0],
  [0, 0, 0],
  [0, 0, 0],
];
const bits = [rows.slice(0, 4), rows.slice(4)].map((decision) => packBits(decision.flat()));
const track: LayerTrack = {
  layer: { id: "l", neuron: "lif", units: 3, ticks: 4, tickMs: null, variables: [], tracedNeurons: [] },
  count: 2,
  spikeBits: Uint8Array.from(bits.flatMap((decision) => [...decision])),
  bytesPerDecision: bits[0]!.length,
  traces: new Float32Array(),
};
const glow = (decision: number, tick: number, first = 0) => [
  ...glowAt(track, { decision, tick }, first, new Float32Array(3)),
];

test("a unit is brightest at its spike and fades with the ticks after it, before it is dark", () => {
  expect(glow(1, 0)[1]).toBe(0);
  expect(glow(1, 1)[1]).toBe(1);
  const [after, later] = [glow(1, 2)[1]!, glow(1, 3)[1]!];
  expect(after).toBeLessThan(1);
  expect(later).toBeCloseTo(after * after, 6);
  expect(glow(1, 3)[2]).toBe(0);
});

test("light goes on into the next decision, but not through a reset", () => {
  expect(glow(1, 0)[0]).toBeGreaterThan(0);
  expect(glow(1, 0, 1)[0]).toBe(0);
  expect([...glowAt(track, undefined, 0, new Float32Array(3).fill(1))]).toEqual([0, 0, 0]);
});
