import { expect, test } from "vitest";
import { stepEuler } from "../../neurons/equivalence/euler-hh.ts";
import {
  benchConstants,
  benchStepMs,
  hhRates,
  LifNeuron,
  lifRateHz,
  steadyN,
  voltageNullclineN,
} from "../../viewer/neuron/bench-neurons.ts";
import { BenchRecording, sampleMs } from "../../viewer/neuron/bench-recording.ts";

test("the bench's Hodgkin-Huxley neuron fires at its known settled rates", () => {
  const known = new Map([
    [5, 0],
    [10, 68.3],
    [20, 86.5],
    [30, 98.8],
  ]);
  for (const { current, rateHz } of hhRates([...known.keys()], 600)) {
    expect(Math.abs(rateHz - known.get(current)!), `${current} uA/cm2`).toBeLessThan(0.01 * 98.8);
  }
});

test("tv-LIF2HH follows HH to rounding while the current is moved about", () => {
  const recording = new BenchRecording(100);
  for (let i = 0; i < 3000; i++) recording.advance(10 + 15 * Math.sin(i / 40));
  const [hh, tv] = [recording.neurons[0]!.membrane, recording.neurons[1]!.membrane];
  expect(Math.abs(hh - tv)).toBeLessThan(1e-8);
  expect(recording.spikes[1]).toHaveLength(recording.spikes[0]!.length);
  expect(recording.spikes[0]!.length).toBeGreaterThan(2);
});

test("the LIF neuron's rates are those of its formula, and it is silent below its rheobase", () => {
  for (const current of [5, 6.2, 8, 15, 30]) {
    const neuron = new LifNeuron();
    let spikes = 0;
    const seconds = 2;
    for (let i = 0; i < (1000 * seconds) / benchStepMs; i++) if (neuron.step(current)) spikes++;
    expect(Math.abs(spikes / seconds - lifRateHz(current))).toBeLessThan(1 + 0.01 * lifRateHz(current));
  }
});

test("on the nullclines V or n stands still", () => {
  for (const v of [-62, -40, -10]) {
    const n = voltageNullclineN(v, 10);
    const m = Float64Array.of(v, 0, 0.8 - n, n);
    // m at its steady value: iterate the gate alone.
    for (let i = 0; i < 3000; i++) {
      const next = Float64Array.from(m);
      stepEuler(benchConstants, next, 10, benchStepMs);
      m[1] = next[1]!;
    }
    const after = Float64Array.from(m);
    stepEuler(benchConstants, after, 10, benchStepMs);
    expect(Math.abs(after[0]! - v) / benchStepMs).toBeLessThan(1e-6);
    const still = Float64Array.of(v, 0.1, 0.5, steadyN(v));
    stepEuler(benchConstants, still, 10, benchStepMs);
    expect(still[3]).toBeCloseTo(steadyN(v), 12);
  }
});

test("the recording keeps its span and no more", () => {
  const recording = new BenchRecording(20);
  for (let i = 0; i < 2000; i++) recording.advance(20);
  expect(recording.current).toHaveLength(20 / sampleMs);
  for (const times of recording.spikes) {
    for (const time of times) expect(time).toBeGreaterThanOrEqual(recording.timeMs - 20 - 1e-9);
  }
  expect(recording.rateHz(0)).toBeGreaterThan(0);
});
