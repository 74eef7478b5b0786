import { expect, test } from "vitest";
import type { ReplayHeader } from "../../core/replay-file/header.ts";
import { layOut, unitAt, unitsADisc } from "../../viewer/network/network-layout.ts";

const headerOf = (units: number): ReplayHeader => ({
  env: "Test-v0",
  engine: "none",
  stepSeconds: 0.05,
  scene: { bodies: [], view: { xMin: 0, xMax: 1, yMin: 0, yMax: 1 } },
  observationLabels: ["x (m)", "v (m/s)"],
  actionLabels: ["a"],
  seed: null,
  agent: "none",
  preset: null,
  versions: {},
  layers: [{ id: "l", neuron: "lif", units, ticks: 1, tickMs: null, variables: [], tracedNeurons: [] }],
  notes: [],
});

const layout = (units: number) => {
  const header = headerOf(units);
  const order = Uint32Array.from({ length: units }, (_, i) => units - 1 - i);
  return layOut(header, header.layers[0], order, 500, 160);
};

test("every unit of a population has a place of its own, in the raster's order, and is found there", () => {
  const all = layout(512);
  const places = new Set(all.units.map((place) => `${place!.x} ${place!.y}`));
  expect(places.size).toBe(512);
  expect(all.units[511]!.x).toBeLessThan(all.units[0]!.x);
  for (const unit of [0, 100, 511]) expect(unitAt(all, all.units[unit]!.x, all.units[unit]!.y)).toBe(unit);
  for (const { x, y } of [...all.inputs, ...all.outputs]) {
    expect(x > 0 && x < 500 && y > 0 && y < 160).toBe(true);
  }
});

test("of a layer too large to be told apart some thousand units are drawn, from all of it", () => {
  const placed = layout(65_536).units.flatMap((place, unit) => (place === undefined ? [] : [unit]));
  expect(placed.length).toBe(4096);
  expect(unitsADisc(65_536)).toBe(16);
  expect(unitsADisc(512)).toBe(1);
  expect(Math.min(...placed)).toBeLessThan(16);
  expect(Math.max(...placed)).toBe(65_535);
});
