import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Current, constantCurrent, sampledCurrent } from "../../neurons/study/current.ts";
import { derivatives, gateRates, hodgkinHuxleySchema } from "../../neurons/study/hodgkin-huxley.ts";
import { type IntegratorId, integrators } from "../../neurons/study/integrators/index.ts";
import {
  findLargestStep,
  type HodgkinHuxleyRun,
  settledRateHz,
  simulateHodgkinHuxley,
} from "../../neurons/study/simulate-hh.ts";

/** Made by scipy's DOP853 at 1e-12: test/fixtures/neurons/make_hodgkin_huxley.py. */
interface Fixture {
  readonly sampleTimesMs: number[];
  readonly cases: {
    readonly current:
      | { kind: "constant"; amplitude: number }
      | { kind: "sine"; mean: number; amplitude: number; periodMs: number }
      | { kind: "pulses"; base: number; height: number; widthMs: number; periodMs: number; firstMs: number };
    readonly spikeTimesMs: number[];
    readonly voltagesMv: number[];
  }[];
}

const fixture = JSON.parse(
  readFileSync(new URL("../fixtures/neurons/hodgkin-huxley.json", import.meta.url), "utf8"),
) as Fixture;
const cases = fixture.cases.map((c) => ({ ...c, name: JSON.stringify(c.current) }));

function currentOf(c: Fixture["cases"][number]["current"]): Current {
  if (c.kind === "constant") return constantCurrent(c.amplitude);
  if (c.kind === "sine") {
    const at = (t: number) => c.mean + c.amplitude * Math.sin((2 * Math.PI * t) / c.periodMs);
    const [lowest, highest] = [c.mean - c.amplitude, c.mean + c.amplitude];
    return { at, before: at, breaksMs: [], lowest, highest };
  }
  const times = [0];
  const values = [c.base];
  for (let t = c.firstMs; t < 100; t += c.periodMs) {
    times.push(t, t + c.widthMs);
    values.push(c.height, c.base);
  }
  return sampledCurrent(times, values, "hold");
}

interface Settings {
  readonly dtMs?: number;
  readonly durationMs?: number;
  readonly parameters?: object;
}

function run(id: IntegratorId, current: Current, settings: Settings = {}): HodgkinHuxleyRun {
  const { dtMs = 0.01, durationMs = 100, parameters = {} } = settings;
  const neuron = hodgkinHuxleySchema.parse(parameters);
  const running = simulateHodgkinHuxley(
    integrators.get(id),
    { neuron, current, durationMs, dtMs, tolerance: 1e-10 },
    true,
  );
  for (;;) {
    const next = running.next();
    if (next.done) return next.value;
  }
}

/** Largest difference of spike times; infinite when the counts differ. */
function spikeError(got: readonly number[], expected: readonly number[]): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  return Math.max(...expected.map((t, i) => Math.abs(t - got[i]!)));
}

// The fixture knows crossings of 0 mV only.
const crossingsOnly = { parameters: { weakSpikeMvPerMs: null } };

describe("the equations", () => {
  it.each([
    [-55, 4, 0.1],
    [-40, 0, 1],
  ])("are continuous at %d mV, where a rate is 0/0 as written", (v, rate, limit) => {
    const at = (x: number) => {
      const out = new Float64Array(6);
      gateRates(x, out);
      return out[rate]!;
    };
    expect(at(v)).toBe(limit);
    for (const d of [1e-12, 1e-9, 1e-6]) {
      expect(Math.abs(at(v + d) - limit)).toBeLessThan(d);
      expect(Math.abs(at(v - d) - limit)).toBeLessThan(d);
    }
    const slope = new Float64Array(4);
    derivatives(hodgkinHuxleySchema.parse({}), [v, 0.1, 0.5, 0.4], 0, slope);
    expect(slope.every(Number.isFinite)).toBe(true);
  });
});

describe("dormand-prince", () => {
  it.each(cases)(
    "agrees with scipy to 1e-7 ms and 1e-5 mV under $name",
    ({ current, spikeTimesMs, voltagesMv }) => {
      const { spikeTimesMs: got, states } = run("dormand-prince", currentOf(current), {
        ...crossingsOnly,
        dtMs: 0.5,
      });
      expect(spikeError(got, spikeTimesMs)).toBeLessThan(1e-7);
      fixture.sampleTimesMs.forEach((t, i) => {
        expect(Math.abs(states[4 * (t / 0.5)]! - voltagesMv[i]!)).toBeLessThan(1e-5);
      });
    },
  );

  it("gives the same spikes wherever it is looked at", () => {
    const seen = [0.01, 0.37, 5].map((dtMs) =>
      run("dormand-prince", constantCurrent(10), { dtMs, durationMs: 50 }),
    );
    for (const { spikeTimesMs } of seen)
      expect(spikeError(spikeTimesMs, seen[0]!.spikeTimesMs)).toBeLessThan(1e-9);
  });
});

describe("rk4, the default, at 0.01 ms", () => {
  it.each(cases)("is within 0.05 ms of scipy over 100 ms under $name", ({ current, spikeTimesMs }) => {
    const { spikeTimesMs: got } = run("rk4", currentOf(current), crossingsOnly);
    expect(spikeError(got, spikeTimesMs)).toBeLessThan(1e-4);
  });

  it.each([
    [6.5, 55.1],
    [7, 58.3],
    [8, 62.5],
    [9, 65.6],
    [10, 68.3],
    [15, 78.7],
    [20, 86.5],
    [30, 98.8],
    [50, 117.0],
    [70, 131.1],
  ])("at %d uA/cm2 fires at %d Hz within 0.5 %%", (amplitude, expected) => {
    const { spikeTimesMs } = run("rk4", constantCurrent(amplitude), { durationMs: 600 });
    expect(Math.abs(settledRateHz(spikeTimesMs, 600) / expected - 1)).toBeLessThan(0.005);
  });

  it.each([6.2, 154])("falls silent at %d uA/cm2 after at most three spikes", (amplitude) => {
    const { spikeTimesMs } = run("rk4", constantCurrent(amplitude), { durationMs: 600 });
    expect(spikeTimesMs.length).toBeLessThanOrEqual(3);
    expect(settledRateHz(spikeTimesMs, 600)).toBe(0);
  });

  it("takes a jump of the current where it is, also between two steps", () => {
    const pulse = (shift: number) => sampledCurrent([0, 5 + shift, 6 + shift], [0, 20, 0], "hold");
    const [a] = run("rk4", pulse(0), { durationMs: 15 }).spikeTimesMs;
    const [b] = run("rk4", pulse(0.0037), { durationMs: 15 }).spikeTimesMs;
    expect(b! - a!).toBeCloseTo(0.0037, 6);
  });
});

describe("exponential-euler, the training integrator", () => {
  it("is the golden run at 0.01 ms and 10 uA/cm2", () => {
    const { spikeTimesMs, states } = run("exponential-euler", constantCurrent(10));
    const golden = [1.91, 16.83, 31.48, 46.12, 60.75, 75.39, 90.03];
    expect(spikeError(spikeTimesMs, golden)).toBeLessThan(0.01);
    for (const [t, v] of [
      [1, -55.9756],
      [2, 28.3402],
      [5, -75.0586],
    ] as const) {
      expect(states[4 * Math.round(t / 0.01)]).toBeCloseTo(v, 3);
    }
  });

  it("stays within 0.05 ms of scipy at 0.01 ms, but for a current at the edge of firing", () => {
    const errors = cases.map(({ current, spikeTimesMs }) =>
      spikeError(run("exponential-euler", currentOf(current), crossingsOnly).spikeTimesMs, spikeTimesMs),
    );
    const outside = cases.filter((_, i) => !(errors[i]! < 0.05)).map(({ current }) => current);
    expect(outside).toEqual([{ kind: "sine", mean: 10, amplitude: 10, periodMs: 5 }]);
  });

  it("keeps voltage and gates within the exact solution's bounds up to 1 ms", () => {
    for (const amplitude of [-50, 0, 10, 200]) {
      const { states } = run("exponential-euler", constantCurrent(amplitude), { dtMs: 1, durationMs: 300 });
      expect(states.every(Number.isFinite)).toBe(true);
    }
  });

  it("refuses more than 1 ms", () => {
    expect(() => run("exponential-euler", constantCurrent(10), { dtMs: 1.5 })).toThrow(
      /largest stable one is 1 ms/,
    );
  });
});

describe.each(["rk4", "forward-euler"] as const)("%s", (id) => {
  it("refuses a step that is too large with the largest stable one, which then works", () => {
    const at = (dtMs: number) => run(id, constantCurrent(10), { dtMs });
    let message = "";
    try {
      at(0.3);
    } catch (error) {
      message = (error as Error).message;
    }
    const largest = Number(/largest stable step under this current is ([\d.]+) ms/.exec(message)?.[1]);
    expect(largest).toBeGreaterThan(0.04);
    expect(largest).toBeLessThan(0.1);
    expect(at(largest).spikeTimesMs.length).toBeGreaterThan(3);
    expect(() => at(largest * 1.2)).toThrow(/unstable/);
  });

  it("converges at its order", () => {
    const exact = cases.find(({ name }) => name.includes('"amplitude":20}'))!;
    const error = (dtMs: number) =>
      spikeError(run(id, constantCurrent(20), { dtMs }).spikeTimesMs, exact.spikeTimesMs);
    const [coarse, fine] = [0.02, 0.01];
    const order = Math.log2(error(coarse) / error(fine));
    expect(Math.abs(order - integrators.get(id).order)).toBeLessThan(0.4);
  });
});

it("findLargestStep: forward Euler holds to about 0.06 ms", () => {
  const neuron = hodgkinHuxleySchema.parse({});
  const problem = { neuron, current: constantCurrent(200), durationMs: 100, dtMs: 1, tolerance: 1e-10 };
  const largest = findLargestStep(integrators.get("forward-euler"), problem);
  expect(largest).toBeGreaterThan(0.055);
  expect(largest).toBeLessThan(0.075);
});
