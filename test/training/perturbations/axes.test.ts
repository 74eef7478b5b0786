import { describe, expect, it } from "vitest";
import { UsageError } from "../../../core/errors.ts";
import { Rng } from "../../../core/rng.ts";
import type { Channel } from "../../../training/perturbations/definition.ts";
import { perturbations } from "../../../training/perturbations/index.ts";
import { ScheduleFactor } from "../../../training/perturbations/schedule.ts";
import { levelOfSeverity, severityOfLevel } from "../../../training/perturbations/severity.ts";
import { parsePerturbation, resolvePerturbation } from "../../../training/perturbations/spec.ts";

function channel(id: string, size = 3, largest = 5): Channel {
  const definition = perturbations.get(id);
  if (definition.kind !== "sensor" && definition.kind !== "actuator") throw new Error(id);
  return definition.create(size, largest);
}

/** What a channel makes of one row after another. */
function through(id: string, level: number, rows: number[][], dimensions = [0, 1, 2]): number[][] {
  const made = channel(id);
  const rng = new Rng("axes");
  made.start?.(rows[0]!);
  return rows.map((row) => {
    const values = Float64Array.from(row);
    made.apply(values, level, dimensions, rng);
    return [...values];
  });
}

describe.each(perturbations.entries.filter(({ kind }) => kind === "sensor" || kind === "actuator"))(
  "$id",
  (definition) => {
    it("leaves everything as it is at level 0, and the other dimensions always", () => {
      const rows = Array.from({ length: 20 }, (_, t) => [t + 1, -t - 1, 30 - t]);
      expect(through(definition.id, 0, rows)).toEqual(rows);
      const worst = through(definition.id, definition.scale[4], rows, [1]);
      expect(worst.map(([a, , c]) => [a, c])).toEqual(rows.map(([a, , c]) => [a, c]));
    });
  },
);

describe("axes, by hand", () => {
  const rows = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ];

  it("bias adds, gain loss takes away, a dead zone swallows what is small", () => {
    expect(through("sensor-bias", -0.5, [[1, 2, 3]])).toEqual([[0.5, 1.5, 2.5]]);
    expect(through("actuator-gain-loss", 0.25, [[1, -2, 0]])).toEqual([[0.75, -1.5, 0]]);
    expect(through("actuator-dead-zone", 0.3, [[0.29, -0.29, 0.31]])).toEqual([[0, 0, 0.31]]);
  });

  it("quantisation rounds to multiples", () => {
    expect(through("sensor-quantisation", 0.5, [[0.74, -0.76, 0.2]])).toEqual([[0.5, -1, 0]]);
  });

  it("delays are exact, and repeat the start before", () => {
    expect(through("sensor-delay", 2, rows)).toEqual([rows[0], rows[0], rows[0]]);
    expect(through("sensor-delay", 1, rows)).toEqual([rows[0], rows[0], rows[1]]);
  });

  it("stuck and sticking with certainty never leave the start", () => {
    expect(through("sensor-stuck", 1, rows)).toEqual([rows[0], rows[0], rows[0]]);
    expect(through("actuator-sticking", 1, rows)).toEqual([rows[0], rows[0], rows[0]]);
  });

  it("noise has the standard deviation of its level, uniform noise a third of its square as variance", () => {
    const zeros = Array.from({ length: 4000 }, () => [0, 0, 0]);
    const spread = (id: string, level: number) => {
      const values = through(id, level, zeros).flat();
      return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
    };
    // 12,000 values: the standard error is 0.6 %.
    expect(spread("sensor-noise", 0.2) / 0.2).toBeCloseTo(1, 1.5);
    expect(spread("actuator-noise", 0.2) / 0.2).toBeCloseTo(1, 1.5);
    expect((spread("sensor-uniform", 0.3) / 0.3) * Math.sqrt(3)).toBeCloseTo(1, 1.5);
  });

  it("dropout loses the share it says", () => {
    const ones = Array.from({ length: 4000 }, () => [1, 1, 1]);
    const lost = through("sensor-dropout", 0.25, ones)
      .flat()
      .filter((x) => x === 0).length;
    expect(lost / 12_000).toBeCloseTo(0.25, 1.5);
  });
});

describe("severities", () => {
  it.each(perturbations.entries)("$id: five rising levels within range, there and back", (definition) => {
    const { scale, range } = definition;
    for (let i = 0; i < 5; i++) {
      expect(scale[i]).toBeGreaterThan(i === 0 ? 0 : scale[i - 1]!);
      expect(scale[i]).toBeLessThanOrEqual(range.max);
      expect(levelOfSeverity(definition, i + 1)).toBe(scale[i]);
      expect(severityOfLevel(definition, scale[i]!)).toBe(i + 1);
    }
    expect(levelOfSeverity(definition, 0)).toBe(0);
    expect(severityOfLevel(definition, 0)).toBe(0);
  });

  it("lie on straight lines between the levels", () => {
    const noise = perturbations.get("sensor-noise");
    expect(levelOfSeverity(noise, 2.5)).toBeCloseTo((noise.scale[1] + noise.scale[2]) / 2, 12);
    expect(severityOfLevel(noise, (noise.scale[1] + noise.scale[2]) / 2)).toBeCloseTo(2.5, 12);
  });
});

describe("schedules", () => {
  const at = (schedule: unknown, t: number, twoSided = false) =>
    new ScheduleFactor(resolvePerturbation({ axis: "gravity", level: 1, schedule }).schedule, twoSided).at(
      t,
      new Rng(1),
    );

  it("constant, step, drift and periodic are what they say", () => {
    expect(at("constant", 7)).toBe(1);
    expect([1.99, 2, 100].map((t) => at("step", t))).toEqual([0, 1, 1]);
    expect([1, 3, 4].map((t) => at({ kind: "step", atS: 2, untilS: 4 }, t))).toEqual([0, 1, 0]);
    expect([0, 5, 20].map((t) => at({ kind: "drift", overS: 10 }, t))).toEqual([0, 0.5, 1]);
    expect(at({ kind: "periodic", periodS: 4 }, 2)).toBeCloseTo(1, 12);
    expect(at({ kind: "periodic", periodS: 4 }, 3, true)).toBeCloseTo(-1, 12);
  });

  it("a walk starts at nothing, stays within its ends and moves", () => {
    const walk = new ScheduleFactor({ kind: "walk", spread: 2 }, true);
    const rng = new Rng(3);
    walk.start();
    expect(walk.at(0, rng)).toBeCloseTo(0, 12);
    const path = Array.from({ length: 500 }, (_, i) => walk.at((i + 1) * 0.05, rng));
    expect(Math.min(...path)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...path)).toBeLessThanOrEqual(1);
    expect(Math.max(...path) - Math.min(...path)).toBeGreaterThan(1);
  });
});

describe("a perturbation's text", () => {
  it("is axis=level, or a severity, and options", () => {
    expect(parsePerturbation("sensor-noise=0.1")).toMatchObject({
      axis: "sensor-noise",
      level: 0.1,
      severity: 4,
    });
    expect(parsePerturbation("actuator-delay=s2")).toMatchObject({ level: 2, severity: 2 });
    expect(parsePerturbation("sensor-bias=-0.05,dimensions=0+3,schedule=drift,overS=5")).toMatchObject({
      level: -0.05,
      dimensions: [0, 3],
      schedule: { kind: "drift", overS: 5 },
    });
    expect(parsePerturbation("push=3,atS=2,body=1")).toMatchObject({
      options: { atS: 2, body: 1, place: 1, durationS: 0.05, everyS: null },
    });
  });

  it.each([
    ["senser-noise=1", 'unknown perturbation "senser-noise"; did you mean "sensor-noise"?'],
    ["sensor-noise=11", "level 11 is out of range, expected 0 to 10"],
    ["sensor-noise=s6", '"severity" is 6'],
    ["sensor-noise", "expected axis=level"],
    ["sensor-noise=much", '"much" is no number'],
    ["sensor-delay=1.5", "expected a whole number of steps"],
    ["gravity=0.1,dimensions=0", "no dimensions"],
    ["lesion=0.1,schedule=drift", "cannot be scheduled"],
    ["push=1,att=3", 'unknown key "att"; did you mean "atS"?'],
  ])("%s is refused in words", (text, message) => {
    expect(() => parsePerturbation(text)).toThrow(UsageError);
    expect(() => parsePerturbation(text)).toThrow(message);
  });
});
