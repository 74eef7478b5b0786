import { beforeAll, describe, expect, it } from "vitest";
import { make, prepareEngine } from "../../envs/index.ts";
import { largestError } from "../science/physics-fixtures.ts";

/** The tasks that are our own: their rules by hand, their physics alike on every engine. */

beforeAll(() => prepareEngine("mujoco"));

const engines = ["matter", "lagrangian", "mujoco"] as const;
const ids = ["CartPoleSwingUp", "DoublePendulumSwingUp", "InvertedTriplePendulum"] as const;

describe.each(ids)("%s", (id) => {
  it("moves alike on every engine, end stops included", () => {
    const envs = engines.map((engine) => {
      const env = make(id, { engine, afterEnd: "continue", railHalfLengthM: 0.1 });
      const n = env.reset({ seed: 0 }) && env.state().qpos.length;
      const qpos = Array.from({ length: n }, (_, i) => [0, 0.5, -0.3, 0.2][i]!);
      env.reset({ state: { qpos, qvel: qpos.map(() => 0.2) } });
      return env;
    });
    let furthest = 0;
    const steps = Math.round(0.5 / envs[0]!.stepSeconds);
    for (let i = 0; i < steps; i++) {
      for (const env of envs) env.step([0.8]);
      furthest = Math.max(furthest, envs[1]!.state().qpos[0]!);
    }
    const [matter, lagrangian, mujoco] = envs.map((env) => env.state().qpos);
    // The stop pushes from its margin on, 0.01 m before its place.
    expect(furthest).toBeGreaterThan(0.092);
    expect(largestError(lagrangian!, mujoco!)).toBeLessThan(1e-6);
    expect(largestError(lagrangian!, matter!)).toBeLessThan(0.02);
    for (const env of envs) env.close();
  });

  it("shows sines, cosines and rates in the order of its table", () => {
    const env = make(id, { engine: "lagrangian" });
    env.reset({ seed: 0 });
    const poles = env.state().qpos.length - 1;
    const angles = [0.5, -1, 2].slice(0, poles);
    const rates = [3, -20, 4].slice(0, poles);
    const [seen] = env.reset({ state: { qpos: [0.2, ...angles], qvel: [-1, ...rates] } });
    const expected = [0.2, ...angles.map(Math.sin), ...angles.map(Math.cos), -1, ...rates];
    expect([...seen]).toEqual(expected.map(Math.fround));
    expect(env.observationLabels[1 + poles]).toMatch(/^cos theta/);
  });
});

describe("the swing-ups", () => {
  const swingUps = [
    { id: "CartPoleSwingUp", steps: 500 },
    { id: "DoublePendulumSwingUp", steps: 1000 },
  ] as const;

  it.each(swingUps)("$id starts hanging, near the middle, at about rest", ({ id }) => {
    const env = make(id, { engine: "lagrangian" });
    const places = new Set<number>();
    for (let seed = 0; seed < 200; seed++) {
      env.reset({ seed });
      const { qpos, qvel } = env.state();
      expect(largestError(qpos, [0, Math.PI, 0].slice(0, qpos.length))).toBeLessThanOrEqual(0.1);
      expect(largestError(qvel, [0, 0, 0].slice(0, qvel.length))).toBeLessThanOrEqual(0.1);
      places.add(qpos[1]!);
    }
    expect(places.size).toBe(200);
  });

  it.each(swingUps)("$id earns 1 upright, 0 hanging, and less off the middle or turning", ({ id }) => {
    const env = make(id, { engine: "lagrangian", gravityMPerS2: 0, timeStepS: 1e-6, frameSkip: 1 });
    env.reset({ seed: 0 });
    const poles = env.state().qpos.length - 1;
    const earn = (angle: number, x: number, rate: number) => {
      const rest = Array<number>(poles - 1).fill(0);
      env.reset({ state: { qpos: [x, angle, ...rest], qvel: [0, rate, ...rest] } });
      return env.step([0])[1];
    };
    expect(earn(0, 0, 0)).toBeCloseTo(1, 9);
    expect(earn(Math.PI, 0, 0)).toBeCloseTo(0, 9);
    expect(earn(Math.PI / 2, 0, 0)).toBeCloseTo(0.5, 9);
    expect(earn(0, 0.5, 0)).toBeCloseTo(1 - 0.1 * 0.25, 9);
    expect(earn(0, 0, 2)).toBeCloseTo(1 - 5e-4 * 4, 4);
  });

  it.each(swingUps)("$id goes on to its last step whatever happens", ({ id, steps }) => {
    const env = make(id, { engine: "lagrangian" });
    env.reset({ seed: 1 });
    const ends = Array.from({ length: steps }, (_, i) => env.step([i % 40 < 20 ? 1 : -1]).slice(2, 4));
    expect(ends.slice(0, -1).flat()).not.toContain(true);
    expect(ends.at(-1)).toEqual([false, true]);
  });

  it("hang below what one push can lift: the pole has to be pumped", () => {
    const env = make("CartPoleSwingUp", { engine: "lagrangian", railHalfLengthM: null });
    env.reset({ state: { qpos: [0, Math.PI], qvel: [0, 0] } });
    let highest = -1;
    for (let i = 0; i < 100; i++) highest = Math.max(highest, env.step([1])[0][2]!);
    expect(highest).toBeLessThan(0.5);
  });
});

describe("InvertedTriplePendulum", () => {
  it("falls when its tip comes to 1.5 m, which costs the 10", () => {
    const still = { gravityMPerS2: 0, timeStepS: 1e-6, frameSkip: 1 };
    const env = make("InvertedTriplePendulum", { engine: "lagrangian", ...still });
    const at = (height: number) => {
      env.reset({ state: { qpos: [0, Math.acos(height / 1.8), 0, 0], qvel: [0, 0, 0, 0] } });
      const [, reward, terminated] = env.step([0]);
      return { reward, terminated };
    };
    const x2 = 1.8 ** 2 - 1.51 ** 2;
    expect(at(1.51).reward).toBeCloseTo(10 - 0.01 * x2 - 0.29 ** 2, 6);
    expect(at(1.51).terminated).toBe(false);
    expect(at(1.49).terminated).toBe(true);
    expect(at(1.49).reward).toBeLessThan(0);
    expect(at(1.8).reward).toBeCloseTo(10, 6);
  });
});
