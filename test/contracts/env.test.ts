import { describe, expect, it } from "vitest";
import type { Env } from "../../core/env.ts";
import { SpikegymError, UsageError } from "../../core/errors.ts";
import { Box, Discrete } from "../../core/space.ts";
import { checkEnv } from "../../envs/checker.ts";
import { environments, make } from "../../envs/index.ts";
import { engines, prepareEngine } from "../../envs/physics/index.ts";

for (const id of engines.ids) await prepareEngine(id);

/** Every environment on every engine it says it runs on. */
const cases = environments.entries.flatMap(({ id, engines }) =>
  engines.map((engine) => ({ id: id as string, engine: engine as string })),
);

/** An action that pushes to the right with this share of the largest; to the left where it is negative. */
function push({ actionSpace }: Env<unknown>, share: number): unknown {
  return actionSpace instanceof Box ? actionSpace.high.map((x) => share * x) : share < 0 ? 0 : 1;
}

describe.each(cases)("$id on $engine", ({ id, engine }) => {
  const fresh = (options: Record<string, unknown> = {}) => make(id, { engine, ...options }) as Env<unknown>;

  it("keeps Gymnasium's contract", () => {
    checkEnv(() => fresh());
  });

  it("refuses an action that is not a number, too large, or of another size, and says what to do", () => {
    const env = fresh();
    env.reset({ seed: 0 });
    if (env.actionSpace instanceof Discrete) {
      for (const action of [Number.NaN, -1, 2, 0.5, "1", Float32Array.of(1), undefined]) {
        expect(() => env.step(action)).toThrow(/action is .*, expected 0 .* or 1/);
        expect(() => env.step(action)).toThrow(UsageError);
      }
      return;
    }
    expect(() => env.step(Float32Array.of(Number.NaN))).toThrow(
      /action is NaN, expected a number from .* clip/,
    );
    expect(() => env.step(Float32Array.of(1e3))).toThrow(UsageError);
    expect(() => env.step(new Float32Array(2))).toThrow(/action has 2 entries, expected 1/);
  });

  it("takes the largest action of its space", () => {
    const env = fresh();
    env.reset({ seed: 0 });
    expect(env.step(push(env, 1))[1]).toBeTypeOf("number");
  });

  it("starts exactly where it is told to, and refuses a state of another size or off the rail", () => {
    const env = fresh();
    env.reset({ seed: 0 });
    const start = env.state();
    const moved = { qpos: start.qpos.map((x) => x + 0.125), qvel: start.qvel.map((x) => x - 0.25) };
    env.reset({ state: moved });
    expect(env.state()).toEqual(moved);
    expect(() => env.reset({ state: { qpos: [0], qvel: [0] } })).toThrow(/state.qpos is \[0\], expected/);
    const off = { qpos: start.qpos.map((_, i) => (i === 0 ? 6 : 0)), qvel: start.qvel.map(() => 0) };
    expect(() => env.reset({ state: off })).toThrow(/off the rail/);
    const blank = { qpos: start.qpos.map(() => Number.NaN), qvel: start.qvel };
    expect(() => env.reset({ state: blank })).toThrow(/finite numbers/);
  });

  it.each([-1, 0.5, Number.NaN])("refuses the seed %s", (seed) => {
    expect(() => fresh().reset({ seed })).toThrow(/seed is .*, expected an integer/);
  });

  it("goes on past the end when asked to", () => {
    const env = fresh({ afterEnd: "continue", maxEpisodeSteps: 2 });
    env.reset({ seed: 0 });
    const truncations = [1, 2, 3].map(() => env.step(push(env, 0))[3]);
    expect(truncations).toEqual([false, true, true]);
  });

  it.each([1e300, 1e14])(
    "ends the episode, says so and returns finite numbers when a push of %d N blows up the physics",
    (gearN) => {
      const env = fresh({ gearN, railHalfLengthM: null });
      env.reset({ seed: 0 });
      const [observation, reward, terminated, , info] = env.step(push(env, 1));
      expect(terminated).toBe(true);
      expect(info).toEqual({ nonFinite: true });
      expect([...observation, Math.fround(reward)].every(Number.isFinite)).toBe(true);
      expect(() => env.step(push(env, 0))).toThrow(SpikegymError);
      expect(env.reset()[0].every(Number.isFinite)).toBe(true);
      expect(Number.isFinite(env.step(push(env, 0))[1])).toBe(true);
    },
  );

  it("conducts the same physics from one state whatever came before", () => {
    const env = fresh();
    env.reset({ seed: 3 });
    const start = env.state();
    const playFrom = (e: Env<unknown>) => {
      e.reset({ state: start });
      for (let i = 0; i < 5; i++) e.step(push(e, 0.25 * (-1) ** i));
      return e.state();
    };
    const first = playFrom(env);
    for (let i = 0; i < 3; i++) {
      env.reset();
      env.step(push(env, 0.5));
    }
    expect(playFrom(env)).toEqual(first);
  });
});

describe("make", () => {
  it("answers an unknown id, key or engine with the nearest, and an impossible value with what is expected", () => {
    const id: string = "InvertedPendulm-v5";
    expect(() => make(id)).toThrow(
      /unknown environment "InvertedPendulm-v5"; did you mean "InvertedPendulum-v5"/,
    );
    const known: string = "InvertedPendulum-v5";
    expect(() => make(known, { poleMass: 1 })).toThrow(/unknown key "poleMass"; did you mean "poleMassKg"/);
    expect(() => make(known, { engine: "mater" })).toThrow(/unknown engine "mater"; did you mean "matter"/);
    expect(() => make(known, { engine: "classic" })).toThrow(
      /engine "classic" does not run it, expected one of matter, lagrangian, mujoco/,
    );
    expect(() => make(known, { poleMassKg: -1 })).toThrow(/"poleMassKg" is -1: .*expected number to be >0/);
    expect(() => make(known, { poleMassKg: Number.NaN })).toThrow(UsageError);
  });

  it.each(environments.entries.map((entry) => entry.id))(
    "%s describes every parameter and has a default for it",
    (id) => {
      const { parameters } = environments.get(id);
      for (const [key, field] of Object.entries(parameters.shape)) {
        expect((field as { description?: string }).description, key).toMatch(/\w/);
        expect(
          (field as { safeParse(x: unknown): { success: boolean } }).safeParse(undefined).success,
          key,
        ).toBe(true);
      }
    },
  );

  it("has its ids checked by the compiler", () => {
    // @ts-expect-error: no such environment
    expect(() => make("CartPole-v0")).toThrow(UsageError);
    // @ts-expect-error: no such key
    expect(() => make("InvertedPendulum-v5", { poleMass: 1 })).toThrow(UsageError);
  });
});
