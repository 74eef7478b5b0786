import { describe, expect, it } from "vitest";
import type { Env } from "../../core/env.ts";
import { environments, make } from "../../envs/index.ts";
import { prepareEngine } from "../../envs/physics/index.ts";
import { largestError } from "./physics-fixtures.ts";

await prepareEngine("mujoco");

const engines = ["matter", "lagrangian", "mujoco"] as const;
type Engine = (typeof engines)[number];

/** On an endless rail without viscous friction; `ideal` but for the dry one. */
function singlePole(engine: Engine, options: Record<string, unknown>) {
  return make("InvertedPendulum-v5", {
    ...environments.get("InvertedPendulum-v5").ideal,
    engine,
    ...options,
  });
}

/** A pole without gravity stays as it is while its cart does, so the two slide as one mass: the hinge sticks. */
function slidingCart(engine: Engine, options: Record<string, unknown> = {}) {
  const env = singlePole(engine, { gravityMPerS2: 0, cartFrictionN: 6, hingeFrictionNm: 50, ...options });
  const { cartMassKg, poleMassKg } = env.parameters;
  return { env, massKg: cartMassKg + poleMassKg };
}

const energyOf = (env: Pick<Env, "diagnostics">) => env.diagnostics!().energyJ!;

describe.each(engines)("dry friction on %s", (engine) => {
  it("stops a sliding cart after v^2 m / (2 F), to 2 mm, and takes energy all the way", () => {
    const { env, massKg } = slidingCart(engine);
    env.reset({ state: { qpos: [0, 0], qvel: [1, 0] } });
    let energy = energyOf(env);
    for (let i = 0; i < 150; i++) {
      env.step([0]);
      const now = energyOf(env);
      expect(now).toBeLessThanOrEqual(energy + 1e-12);
      energy = now;
    }
    const { qpos, qvel } = env.state();
    expect(Math.abs(qpos[0]! - massKg / (2 * 6))).toBeLessThan(2e-3);
    expect(Math.abs(qvel[0]!)).toBeLessThan(1e-6);
  });

  it("decelerates by F / m while it slides, to 5e-4 m/s (its hinge creeps a little)", () => {
    const { env, massKg } = slidingCart(engine);
    env.reset({ state: { qpos: [0, 0], qvel: [-1, 0] } });
    for (let i = 0; i < 20; i++) env.step([0]);
    expect(env.state().qvel[0]).toBeCloseTo(-1 + (6 / massKg) * 20 * env.stepSeconds, 3);
  });

  it("holds against a smaller push but for a creep of some p / m 1e-3 s, and gives way to a larger one", () => {
    const moved = (pushN: number) => {
      const { env, massKg } = slidingCart(engine);
      env.reset({ state: { qpos: [0, 0], qvel: [0, 0] } });
      for (let i = 0; i < 50; i++) env.step([pushN]);
      return { way: env.state().qpos[0]!, seconds: 50 * env.stepSeconds, massKg };
    };
    const held = moved(5);
    // p R / b with R = w / 9 and b = 2 / (0.95 * 0.02 s); w is larger than 1 / m, for the pole may turn.
    expect(held.way).toBeGreaterThan(0);
    expect(held.way).toBeLessThan((2e-3 * held.seconds * 5) / held.massKg);
    const slid = moved(9);
    expect(slid.way).toBeCloseTo(((9 - 6) / slid.massKg) * 0.5 * slid.seconds ** 2, 2);
  });

  it("never gives energy to a swinging pole, but for F a / (2 b^2) where it turns round", () => {
    const env = singlePole(engine, { cartFrictionN: 1e4, hingeFrictionNm: 2 });
    env.reset({ state: { qpos: [0, Math.PI - 2], qvel: [0, 0] } });
    const start = energyOf(env);
    let energy = start;
    let rise = 0;
    for (let i = 0; i < 400; i++) {
      env.step([0]);
      const now = energyOf(env);
      rise = Math.max(rise, now - energy);
      energy = now;
    }
    expect(rise).toBeLessThan((2 * 20) / (2 * 105 ** 2));
    expect(start - energy).toBeGreaterThan(10);
    // It comes to rest beside the lowest point, where gravity's torque is below the friction's.
    expect(Math.abs(env.state().qvel[1]!)).toBeLessThan(0.01);
    expect(energy).toBeLessThan(start);
  });

  it("goes on to the same bits from a snapshot, and from a change in the middle of an episode", () => {
    const fresh = (friction: number) =>
      make("InvertedDoublePendulum-v5", {
        engine,
        terminates: false,
        afterEnd: "continue",
        cartFrictionN: friction,
        hingeFrictionNm: friction / 100,
      });
    const env = fresh(0);
    env.reset({ seed: 3 });
    for (let i = 0; i < 20; i++) env.step([0.3]);
    const without = fresh(0);
    without.restore(env.snapshot());
    env.setParameters({ cartFrictionN: 8, hingeFrictionNm: 0.08 });
    const changed = fresh(8);
    changed.reset({ state: env.state() });
    for (let i = 0; i < 10; i++) {
      for (const one of [env, changed, without]) one.step([0.3]);
      expect(largestError(changed.state().qpos, env.state().qpos)).toBeLessThan(1e-10);
    }
    expect(Math.abs(without.state().qpos[0]! - env.state().qpos[0]!)).toBeGreaterThan(1e-5);
    const other = fresh(0);
    other.restore(JSON.parse(JSON.stringify(env.snapshot())) as ReturnType<typeof env.snapshot>);
    for (let i = 0; i < 50; i++) {
      const action = [Math.sin(i)];
      expect(other.step(action)).toEqual(env.step(action));
      expect(other.state()).toEqual(env.state());
    }
  });

  it("is bounded at any size: a hundred thousand newtons only hold", () => {
    const env = singlePole(engine, { cartFrictionN: 1e5, hingeFrictionNm: 1e5 });
    env.reset({ state: { qpos: [0, 0.5], qvel: [0.5, -0.5] } });
    for (let i = 0; i < 100; i++) expect(env.step([100])[2]).toBe(false);
    expect(Math.abs(env.state().qpos[0]!)).toBeLessThan(0.05);
    expect(Math.abs(env.state().qpos[1]! - 0.5)).toBeLessThan(0.05);
  });
});

describe("engines with dry friction agree", () => {
  const tasks = [
    ["InvertedPendulum-v5", 1],
    ["CartPoleSwingUp", 1],
    ["DoublePendulumSwingUp", 2],
    ["InvertedDoublePendulum-v5", 2],
    ["InvertedTriplePendulum", 3],
  ] as const;

  it.each(tasks)("on %s: mujoco to 1e-9, matter to 2e-3 after 1 s of swinging", (id, links) => {
    const [reference, matter, mujoco] = (["lagrangian", "matter", "mujoco"] as const).map((engine) => {
      const env = make(id, {
        engine,
        afterEnd: "continue",
        terminates: false,
        cartFrictionN: 8,
        hingeFrictionNm: 0.1,
        railHalfLengthM: null,
        ...(id === "InvertedPendulum-v5" ? { hingeLimitRad: null } : {}),
      });
      // Hanging, so that a difference does not grow: what differs then is the friction.
      const qpos = [0, Math.PI - 0.6, ...Array.from({ length: links - 1 }, () => 0.3)];
      env.reset({ state: { qpos, qvel: qpos.map(() => 0.5) } });
      return env;
    });
    let most = 0;
    for (let i = 0; i < 1 / reference!.stepSeconds; i++) {
      const action = [0.3 * Math.sin(6 * i * reference!.stepSeconds)];
      for (const env of [reference, matter, mujoco]) env!.step(action);
      const { qpos } = reference!.state();
      expect(largestError(mujoco!.state().qpos, qpos)).toBeLessThan(1e-9);
      most = Math.max(most, largestError(matter!.state().qpos, qpos));
    }
    expect(most).toBeLessThan(2e-3);
  });

  it("also where stops push, in the most rows a chain can have (mujoco to 1e-6)", () => {
    const [a, b] = (["lagrangian", "mujoco"] as const).map((engine) => {
      const env = make("InvertedTriplePendulum", {
        engine,
        afterEnd: "continue",
        terminates: false,
        cartFrictionN: 8,
        hingeFrictionNm: 0.1,
        railHalfLengthM: 0.1,
        railMarginM: 0.3,
      });
      env.reset({ state: { qpos: [0, 0.1, 0, 0], qvel: [1, 0, 0, 0] } });
      return env;
    });
    for (let i = 0; i < 40; i++) {
      for (const env of [a, b]) env!.step([0.5]);
      expect(largestError(a!.state().qpos, b!.state().qpos)).toBeLessThan(1e-6);
    }
  });
});

describe("dry friction on classic", () => {
  it("slows CartPole's cart as on lagrangian, to the error of Euler's rule", () => {
    const [a, b] = (["classic", "lagrangian"] as const).map((engine) => {
      const env = make("CartPole-v1", { engine, cartFrictionN: 4, hingeFrictionNm: 0.01, timeStepS: 1e-4 });
      env.reset({ state: { qpos: [0, 0.05], qvel: [0.5, 0] } });
      for (let i = 0; i < 400; i++) env.step(i % 2);
      return env.state();
    });
    expect(largestError(a!.qpos, b!.qpos)).toBeLessThan(2e-5);
    expect(a!.qvel[0]).toBeLessThan(0.4);
  });
});
