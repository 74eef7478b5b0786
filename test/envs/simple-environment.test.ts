import { describe, expect, it } from "vitest";
import { z } from "zod";
import { checkEnv, make, registerEnvironment } from "../../envs/index.ts";
import { simpleEnvironment } from "../../envs/simple-environment.ts";

const walk = (more: { readonly bound?: number; readonly choices?: boolean } = {}) =>
  simpleEnvironment({
    id: "TestWalk-v0",
    summary: "a walk on a line",
    references: [],
    parameters: z.strictObject({ pace: z.number().positive().default(0.2).describe("m") }),
    observation: { "x (m)": [-(more.bound ?? 5), more.bound ?? 5] },
    action: more.choices ? ["left", "right"] : { way: [-1, 1] },
    stepSeconds: 0.1,
    maxEpisodeSteps: 20,
    rewardThreshold: 10,
    start: (rng) => ({ x: rng.uniform(-0.5, 0.5) }),
    observe: ({ x }) => [x],
    advance({ x }, [way = 0], { pace }, rng) {
      const next = x + pace * (more.choices ? 2 * way - 1 : way) + 0.01 * rng.normal();
      return { state: { x: next }, reward: -Math.abs(next), terminated: Math.abs(next) > 2 };
    },
  });

describe("a described environment", () => {
  it.each([false, true])("keeps the contract of every environment (numbered choices: %s)", (choices) => {
    const definition = walk({ choices });
    checkEnv<unknown>(() => definition.create("own", { pace: 0.2 }));
  });

  it("registered, is made by its id with its parameters checked, and no id is given twice", () => {
    const definition = walk();
    const makeWalk = registerEnvironment(definition);
    expect(makeWalk({ pace: 1 }).parameters).toEqual({ pace: 1 });
    const id: string = "TestWalk-v0";
    expect(make(id).id).toBe(id);
    expect(() => make(id, { pase: 1 })).toThrow(/did you mean "pace"/);
    expect(() => make(id, { engine: "matter" })).toThrow(/expected one of own/);
    expect(() => registerEnvironment(walk())).toThrow(/"TestWalk-v0".*already/);
  });

  it("an observation outside its bounds is an error that names the number and the bounds", () => {
    const env = walk({ bound: 0.1 }).create("own", { pace: 0.2 }) as ReturnType<
      ReturnType<typeof registerEnvironment>
    >;
    expect(() => {
      env.reset({ seed: 1 });
      for (let i = 0; i < 20; i++) env.step(Float32Array.of(1));
    }).toThrow(/TestWalk-v0: it observes \[.*x \(m\) in \[-0\.1/);
  });

  it("an action outside, a push and a start state are refused", () => {
    const env = walk().create("own", { pace: 0.2 });
    env.reset({ seed: 1 });
    expect(() => (env as { step(action: unknown): unknown }).step(Float32Array.of(3))).toThrow(
      /action is \[3\]/,
    );
    expect(() => env.applyForces([1])).toThrow(/no bodies/);
    expect(() => env.reset({ state: { qpos: [0], qvel: [0] } })).toThrow(/leave "state" out/);
  });
});
