import fc from "fast-check";
import { expect, test } from "vitest";
import type { LayerTrack } from "../../core/replay-file/replay.ts";
import { packBits } from "../../core/replay-file/spike-bits.ts";
import { niceTicks } from "../../viewer/plots/axis.ts";
import { spreadLabels } from "../../viewer/plots/labels.ts";
import { levelFor } from "../../viewer/raster/raster-tiles.ts";
import { SpikeDensity } from "../../viewer/raster/spike-density.ts";
import { countSpikes, orderUnits } from "../../viewer/state/unit-order.ts";

interface Spiking {
  readonly track: LayerTrack;
  /** [running tick][unit]. */
  readonly spikes: readonly (readonly boolean[])[];
}

const anySpikes: fc.Arbitrary<Spiking> = fc
  .record({
    units: fc.integer({ min: 1, max: 9 }),
    ticks: fc.integer({ min: 1, max: 5 }),
    count: fc.integer({ min: 1, max: 6 }),
  })
  .chain(({ units, ticks, count }) =>
    fc
      .tuple(
        fc.array(fc.array(fc.boolean(), { minLength: units, maxLength: units }), {
          minLength: ticks * count,
          maxLength: ticks * count,
        }),
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: units, maxLength: units }),
      )
      .map(([spikes, sensitivity]) => {
        const decisions = Array.from({ length: count }, (_, d) =>
          packBits(spikes.slice(d * ticks, (d + 1) * ticks).flatMap((row) => row.map(Number))),
        );
        const track: LayerTrack = {
          layer: {
            id: "l",
            neuron: "lif",
            units,
            ticks,
            tickMs: null,
            variables: [],
            tracedNeurons: [],
            sensitivity,
          },
          count,
          spikeBits: new Uint8Array(decisions.flatMap((bits) => [...bits])),
          bytesPerDecision: decisions[0]!.length,
          traces: new Float32Array(),
        };
        return { track, spikes };
      }),
  );

test("every level of the density holds exactly the spikes of its ticks", () => {
  fc.assert(
    fc.property(anySpikes, fc.integer({ min: 1, max: 6 }), ({ track, spikes }, level) => {
      const density = new SpikeDensity(track);
      const { units } = track.layer;
      const counts = density.counts(level);
      const ticks = new Uint8Array(units);
      for (const [tick, row] of spikes.entries()) {
        density.copyCell(0, tick, ticks);
        expect([...ticks]).toEqual(row.map(Number));
      }
      for (let cell = 0; cell < density.cells(level); cell++) {
        const rows = spikes.slice(cell * 2 ** level, (cell + 1) * 2 ** level);
        for (let unit = 0; unit < units; unit++) {
          expect(counts[cell * units + unit]).toBe(rows.filter((row) => row[unit]).length);
        }
      }
    }),
  );
});

test("the level for a span has at most one cell a pixel, and more than half a cell", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 4000 }), (ticks, pixels) => {
      const cells = ticks / 2 ** levelFor(ticks, pixels);
      expect(cells).toBeLessThanOrEqual(pixels);
      if (ticks > pixels) expect(cells).toBeGreaterThan(pixels / 2);
    }),
  );
});

test("counts, first spikes and orders agree with the spikes themselves", () => {
  fc.assert(
    fc.property(anySpikes, ({ track, spikes }) => {
      const { spikes: counts, first } = countSpikes(track);
      for (let unit = 0; unit < track.layer.units; unit++) {
        const at = spikes.flatMap((row, tick) => (row[unit] ? [tick] : []));
        expect(counts[unit]).toBe(at.length);
        expect(first[unit]).toBe(at[0] ?? Number.POSITIVE_INFINITY);
      }
      const all = Array.from({ length: track.layer.units }, (_, i) => i);
      const falling = (values: ArrayLike<number>, order: Uint32Array) =>
        all.slice(1).every((i) => values[order[i - 1]!]! >= values[order[i]!]!);
      for (const order of ["index", "rate", "first spike", "weight"] as const) {
        expect([...orderUnits(track, order)].sort((a, b) => a - b)).toEqual(all);
      }
      expect(falling(counts, orderUnits(track, "rate"))).toBe(true);
      expect(
        falling(
          first.map((tick) => -tick),
          orderUnits(track, "first spike"),
        ),
      ).toBe(true);
      expect(falling(track.layer.sensitivity!, orderUnits(track, "weight"))).toBe(true);
    }),
  );
});

test("axis ticks are multiples of 1, 2 or 5 times a power of ten inside the range", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1e4, max: 1e4, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e4, noNaN: true }),
      fc.integer({ min: 2, max: 20 }),
      (from, span, count) => {
        const { step, values } = niceTicks(from, from + span, count);
        const leading = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
        expect([1, 2, 5].some((nice) => Math.abs(leading - nice) < 1e-6)).toBe(true);
        expect(values.length).toBeLessThanOrEqual(count + 1);
        for (const value of values) {
          expect(value).toBeGreaterThanOrEqual(from - 1e-6 * span);
          expect(value).toBeLessThanOrEqual(from + span + 1e-6 * span);
        }
      },
    ),
  );
});

test("labels that would overlap are moved apart in their order and stay inside", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { maxLength: 5 }), (middles) => {
      const placed = spreadLabels(middles, 15, 0, 200);
      const sorted = [...placed].sort((a, b) => a - b);
      for (const [i, y] of sorted.entries()) {
        expect(y).toBeGreaterThanOrEqual(7.5 - 1e-9);
        expect(y).toBeLessThanOrEqual(192.5 + 1e-9);
        if (i > 0) expect(y - sorted[i - 1]!).toBeGreaterThanOrEqual(15 - 1e-9);
      }
      const rank = (values: readonly number[]) =>
        values.map((_, i) => i).sort((a, b) => values[a]! - values[b]! || a - b);
      expect(rank(placed)).toEqual(rank(middles));
    }),
  );
});
