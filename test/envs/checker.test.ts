import { describe, expect, it } from "vitest";
import type { Env, StepResult } from "../../core/env.ts";
import { checkEnv } from "../../envs/checker.ts";
import { make } from "../../envs/index.ts";

/** An environment that keeps the contract but for what `spoil` does to it. */
function spoilt(
  spoil: (env: Env) => Partial<Env>,
  options: { afterEnd?: "continue"; maxEpisodeSteps?: number } = {},
): () => Env {
  return () => {
    const env = make("InvertedPendulum-v5", { engine: "lagrangian", ...options });
    const own = spoil(env) as Record<PropertyKey, unknown>;
    return new Proxy(env, {
      get(target, key) {
        if (Object.hasOwn(own, key)) return own[key];
        const value = Reflect.get(target, key) as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  };
}

const changing = (env: Env, change: (result: StepResult) => StepResult) => ({
  step: (action: Float32Array) => change(env.step(action)),
});

describe("checkEnv finds", () => {
  let instances = 0;
  const broken: [rule: RegExp, makeEnv: () => Env][] = [
    [/same seed starts the same/, spoilt((env) => ({ reset: () => env.reset() }))],
    [/after a seeded reset starts elsewhere/, spoilt((env) => ({ reset: () => env.reset({ seed: 5 }) }))],
    [
      /another seed starts elsewhere/,
      spoilt((env) => ({ reset: (o) => env.reset(o?.seed === undefined ? {} : { seed: 5 }) })),
    ],
    [
      /step before reset is an error/,
      spoilt((env) => {
        env.reset();
        return {};
      }),
    ],
    [/stays in Box/, spoilt((env) => changing(env, ([, ...rest]) => [new Float32Array(3), ...rest]))],
    [/stays in Box/, spoilt((env) => changing(env, ([o, ...rest]) => [o.fill(Number.NaN), ...rest]))],
    [/reward is finite/, spoilt((env) => changing(env, ([o, , ...rest]) => [o, Number.NaN, ...rest]))],
    [
      /fresh observation/,
      spoilt((env) => {
        const kept = new Float32Array(4);
        const keep = (o: Float32Array) => {
          kept.set(o);
          return kept;
        };
        return {
          reset: (options) => [keep(env.reset(options)[0]).slice(), {}],
          step: (action) => {
            const [o, ...rest] = env.step(action);
            return [keep(o), ...rest];
          },
        };
      }),
    ],
    [
      /same seed, same actions: same rewards/,
      spoilt((env) => {
        const instance = instances++;
        return changing(env, ([o, r, ...rest]) => [o, r + 1e-12 * instance, ...rest]);
      }),
    ],
    [
      /restored from a snapshot/,
      spoilt((env) => ({ restore: (s) => env.restore({ ...s, rng: env.snapshot().rng }) })),
    ],
    [
      /the episode is over after maxEpisodeSteps/,
      spoilt((env) => changing(env, ([o, r, , , info]) => [o, r, false, false, info]), {
        afterEnd: "continue",
        maxEpisodeSteps: 70,
      }),
    ],
    [/step past the end is an error/, spoilt(() => ({}), { afterEnd: "continue" })],
    [/one label an entry/, spoilt(() => ({ observationLabels: ["x"] }))],
  ];

  it.each(broken)("%s", (rule, makeEnv) => {
    expect(() => checkEnv(makeEnv)).toThrow(rule);
  });
});
