import { beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { type ChainResult, simulateChain } from "../../neurons/equivalence/chain.ts";
import { type ChainInputId, chainInputs } from "../../neurons/equivalence/chain-inputs.ts";
import { chainConstants } from "../../neurons/equivalence/chain-settings.ts";
import { type DenseResult, simulateDense } from "../../neurons/equivalence/dense.ts";
import { compareSpikes } from "../../neurons/equivalence/result.ts";
import { sampleImage } from "../../neurons/equivalence/sample-image.ts";
import { simulateXor, type XorCase } from "../../neurons/equivalence/xor.ts";

describe("tv-LIF2HH, two neurons onto one", () => {
  let cases: XorCase[];
  beforeAll(() => {
    cases = simulateXor();
  });

  it("spikes as often as Hodgkin-Huxley in all four cases, and at the same times", () => {
    expect(cases.map(({ inputs }) => inputs.join(""))).toEqual(["00", "01", "10", "11"]);
    for (const { hh, lif, countsEqual } of cases) {
      expect(countsEqual).toBe(true);
      lif.spikeTimesMs.forEach((t, i) => {
        expect(Math.abs(t - hh.spikeTimesMs[i]!)).toBeLessThan(0.0011);
      });
    }
  });

  it("fires once at 4.991 ms where both inputs are alike, from the start at -70 mV alone", () => {
    for (const i of [0, 3]) {
      expect(cases[i]!.hh.spikeTimesMs).toHaveLength(1);
      expect(cases[i]!.hh.spikeTimesMs[0]).toBeCloseTo(4.991, 6);
    }
  });

  it("keeps to Hodgkin-Huxley's voltage within rounding, closer than the published 0.026 to 0.24 mV", () => {
    for (const { maxAbsVoltageDifferenceMv } of cases) expect(maxAbsVoltageDifferenceMv).toBeLessThan(1e-9);
  });
});

describe("tv-LIF2HH, 784 to 128 to 10", () => {
  const run = (image: ArrayLike<number>): DenseResult => {
    const running = simulateDense(image, new Rng(0));
    for (;;) {
      const next = running.next();
      if (next.done) return next.value;
    }
  };

  it("spikes as often in every output and hidden neuron, within one step", () => {
    const result = run(sampleImage());
    expect(result.outputs).toHaveLength(10);
    expect(result.outputs.every(({ hh }) => hh.spikeTimesMs.length >= 3)).toBe(true);
    expect(result.countsEqual && result.hiddenCountsEqual).toBe(true);
    expect(result.maxSpikeDifferenceMs).toBeLessThan(0.0011);
  });

  it("refuses an image of another size", () => {
    expect(() => run(new Uint8Array(100))).toThrow(/image is \[100\], expected \[784\]/);
  });
});

describe("s-LIF2HH in a chain", () => {
  const results = (settings: keyof typeof chainConstants) =>
    Object.fromEntries(
      chainInputs.entries.map((input) => [input.id, simulateChain(input, chainConstants[settings])]),
    ) as Record<ChainInputId, ChainResult>;
  const counts = ({ hh, lif }: ChainResult) => [hh.spikeTimesMs.length, lif.spikeTimesMs.length];

  it("with the published constants is what was published: agreement in two of five counts", () => {
    const { constant, sine, square, sawtooth, triangle } = results("published");
    expect([constant, sine, square, sawtooth, triangle].map(counts)).toEqual([
      [5, 5],
      [8, 8],
      [7, 6],
      [6, 14],
      [5, 4],
    ]);
    expect(constant.relativeTimingError).toBeCloseTo(0.04, 3);
    expect(sine.relativeTimingError).toBeCloseTo(0.173, 3);
  });

  it("with the fitted constants agrees in all five counts, of both neurons, and within 0.05", () => {
    for (const [id, result] of Object.entries(results("fitted"))) {
      expect(result.countsEqual, id).toBe(true);
      expect(result.first.lif, id).toHaveLength(result.first.hh.length);
      expect(result.relativeTimingError, id).toBeLessThanOrEqual(0.05);
    }
  });
});

describe("compareSpikes", () => {
  it("is the mean distance over the mean interval", () => {
    expect(compareSpikes([10, 20, 30], [11, 19, 30])).toMatchObject({
      countsEqual: true,
      relativeTimingError: 2 / 3 / 10,
      intervalDifferenceMs: 0.5,
    });
  });

  it("has no error to give without two spikes", () => {
    expect(compareSpikes([1], [1])).toMatchObject({ countsEqual: true, relativeTimingError: null });
    expect(compareSpikes([], [1])).toMatchObject({ countsEqual: false, relativeTimingError: null });
  });
});
