import { describe, expect, it } from "vitest";
import type { Env, StepResult } from "../../core/env.ts";
import { SpikegymError, UsageError } from "../../core/errors.ts";
import { Rng } from "../../core/rng.ts";
import { Box } from "../../core/space.ts";
import { checkEnv } from "../../envs/checker.ts";
import { make } from "../../envs/index.ts";
import { ClipAction } from "../../envs/wrappers/clip-action.ts";
import { DelayAction } from "../../envs/wrappers/delay-action.ts";
import { DelayObservation } from "../../envs/wrappers/delay-observation.ts";
import { FrameStack } from "../../envs/wrappers/frame-stack.ts";
import { type WrapperSpec, wrap, wrappers } from "../../envs/wrappers/index.ts";
import { NormalizeObservation } from "../../envs/wrappers/normalize-observation.ts";
import { NormalizeReward } from "../../envs/wrappers/normalize-reward.ts";
import { OrderEnforcing } from "../../envs/wrappers/order-enforcing.ts";
import { PublishedReward } from "../../envs/wrappers/published-reward.ts";
import { RecordEpisodeStatistics } from "../../envs/wrappers/record-episode-statistics.ts";
import { RepeatAction } from "../../envs/wrappers/repeat-action.ts";
import { RescaleAction } from "../../envs/wrappers/rescale-action.ts";
import { StickyAction } from "../../envs/wrappers/sticky-action.ts";
import { TimeLimit } from "../../envs/wrappers/time-limit.ts";
import { noBox, type Script, ScriptedEnv } from "./scripted-env.ts";

const double = (): Env => make("InvertedDoublePendulum-v5", { engine: "lagrangian" });
const push = (x: number) => Float32Array.of(x);
const scripted = (...rewards: number[]) => new ScriptedEnv({ rewards });
const ended = ([, , terminated, truncated]: StepResult) => [terminated, truncated];

/** One of each, in options that show. */
const examples: WrapperSpec[] = [
  { id: "TimeLimit", maxEpisodeSteps: 7 },
  { id: "OrderEnforcing" },
  { id: "RecordEpisodeStatistics", bufferLength: 3 },
  { id: "NormalizeObservation", updates: false },
  { id: "NormalizeReward" },
  { id: "RescaleAction", min: -5, max: 3 },
  { id: "ClipAction" },
  { id: "FrameStack", frames: 3 },
  { id: "FrameStack", frames: 3, padding: "zero" },
  { id: "RepeatAction", repeats: 2 },
  { id: "StickyAction", probability: 0.5 },
  { id: "DelayAction", delay: 2 },
  { id: "PublishedReward", noise: 0.1 },
  { id: "DelayObservation", delay: 2 },
];

describe("every wrapper", () => {
  it("has an example here", () => {
    expect(new Set(examples.map(({ id }) => id))).toEqual(new Set(wrappers.ids));
  });

  it.each(examples)("keeps the contract around the double pendulum: $id", (spec) => {
    checkEnv(() => wrap(double(), [spec]));
  });

  it("keeps the contract in a stack of all of them", () => {
    checkEnv(() => wrap(double(), examples));
  });

  it.each(wrappers.entries)("$id describes every parameter", ({ parameters }) => {
    for (const [key, field] of Object.entries(parameters.shape)) {
      expect((field as { description?: string }).description, key).toMatch(/\w/);
    }
  });

  it.each(examples)("hands seed, start state, diagnostics, poses and close through: $id", (spec) => {
    const inner = double();
    const env = wrap(inner, [spec]);
    env.reset({ seed: 11 });
    const start = inner.state();
    env.reset({ state: { qpos: [0.1, 0.2, 0.3], qvel: [0, 0, 0] } });
    expect(env.state()).toEqual({ qpos: [0.1, 0.2, 0.3], qvel: [0, 0, 0] });
    expect(env.state()).toEqual(inner.state());
    expect(env.diagnostics?.()).toEqual(inner.diagnostics?.());
    expect(env.poses(new Float64Array(9))).toEqual(inner.poses(new Float64Array(9)));
    const bare = double();
    bare.reset({ seed: 11 });
    expect(start).toEqual(bare.state());
    // A scripted one stands in for the pendulum, whose reward one of the wrappers knows.
    const closing = new ScriptedEnv({ rewards: [1], id: double().id });
    wrap(closing, [spec]).close();
    expect(closing.closed).toBe(1);
  });

  it.each(examples)("refuses the snapshot of another stack: $id", (spec) => {
    const env = wrap(double(), [spec]);
    expect(() => env.restore(double().snapshot())).toThrow(/the snapshot is of no wrapper, expected/);
    const another: WrapperSpec = spec.id === "ClipAction" ? { id: "OrderEnforcing" } : { id: "ClipAction" };
    const other = wrap(double(), [another]);
    expect(() => env.restore(other.snapshot())).toThrow(UsageError);
  });

  it("restores statistics that go on, too, to the bit", () => {
    const specs: WrapperSpec[] = [{ id: "NormalizeReward" }, { id: "NormalizeObservation" }];
    const [a, b] = [wrap(double(), specs), wrap(double(), specs)];
    const actions = new Rng("actions");
    const run = (env: Env, action: Float32Array) => {
      const result = env.step(action);
      return [result, result[2] ? env.reset() : null];
    };
    a.reset({ seed: 1 });
    for (let i = 0; i < 20; i++) run(a, a.actionSpace.sample(actions));
    b.restore(JSON.parse(JSON.stringify(a.snapshot())));
    for (let i = 0; i < 50; i++) {
      const action = a.actionSpace.sample(actions);
      expect(run(b, action)).toEqual(run(a, action));
    }
  });
});

describe("wrap", () => {
  it("puts the first wrapper innermost", () => {
    const env = wrap(double(), [{ id: "RescaleAction", min: -7, max: 7 }, { id: "ClipAction" }]);
    expect((env as ClipAction).wrapperId).toBe("ClipAction");
    expect((env as ClipAction).env.actionSpace).toEqual(new Box([-7], [7]));
  });

  it("answers an unknown id or key with the nearest", () => {
    const specs = (...list: unknown[]) => list as WrapperSpec[];
    expect(() => wrap(double(), specs({ id: "FrameStak" }))).toThrow(/did you mean "FrameStack"/);
    expect(() => wrap(double(), specs({ id: "FrameStack", frame: 2, frames: 2 }))).toThrow(
      /FrameStack: unknown key "frame"; did you mean "frames"/,
    );
    expect(() => wrap(double(), specs({ id: "TimeLimit", maxEpisodeSteps: 0 }))).toThrow(
      /TimeLimit: "maxEpisodeSteps" is 0/,
    );
    expect(() => wrap(double(), specs({ frames: 2 }))).toThrow(/wrapper 0: "id" is missing/);
    expect(() => wrap(double(), specs({ id: "RescaleAction", min: 1, max: 1 }))).toThrow(
      /expected min below max/,
    );
  });

  it.each(["ClipAction", "RescaleAction"] as const)(
    "%s refuses an environment whose actions are no box",
    (id) => {
      const env = new ScriptedEnv({ rewards: [1], actionSpace: noBox });
      expect(() => wrap(env, [{ id } as WrapperSpec])).toThrow(
        /Scripted-v0 has actions Discrete\(3\), expected a Box/,
      );
    },
  );
});

describe("TimeLimit", () => {
  it("truncates at its limit, counts anew after a reset, and refuses to go past its own end", () => {
    const env = new TimeLimit(scripted(1, 1, 1, 1), { maxEpisodeSteps: 2 });
    expect(env.maxEpisodeSteps).toBe(2);
    for (let episode = 0; episode < 2; episode++) {
      env.reset();
      expect(ended(env.step(push(0)))).toEqual([false, false]);
      expect(ended(env.step(push(0)))).toEqual([false, true]);
      expect(() => env.step(push(0))).toThrow(/ended after 2 steps \(TimeLimit\); call reset/);
    }
  });

  it("leaves an earlier end alone, and one in the same step is both", () => {
    const early = new TimeLimit(scripted(1), { maxEpisodeSteps: 5 });
    expect(early.maxEpisodeSteps).toBe(1);
    early.reset();
    expect(ended(early.step(push(0)))).toEqual([true, false]);
    const both = new TimeLimit(scripted(1), { maxEpisodeSteps: 1 });
    both.reset();
    expect(ended(both.step(push(0)))).toEqual([true, true]);
  });
});

describe("OrderEnforcing", () => {
  it("refuses a step before the reset and after the end, where the environment would allow both", () => {
    const env = new OrderEnforcing(scripted(1));
    expect(() => env.step(push(0))).toThrow(/has not been reset \(OrderEnforcing\)/);
    env.reset();
    env.step(push(0));
    expect(() => env.step(push(0))).toThrow(SpikegymError);
    expect(() => env.step(push(0))).toThrow(/episode has ended/);
  });
});

describe("RecordEpisodeStatistics", () => {
  it("adds return, length and duration to the last step alone, and keeps the last episodes", () => {
    const env = new RecordEpisodeStatistics(scripted(1, 2, 4), { bufferLength: 2 });
    const episode = { return: 7, length: 3, simulatedSeconds: 1.5 };
    for (let k = 1; k <= 3; k++) {
      env.reset();
      expect(env.step(push(0))[4]).toEqual({ t: 1 });
      expect(env.step(push(0))[4]).toEqual({ t: 2 });
      expect(env.step(push(0))[4]).toEqual({ t: 3, episode });
      expect(env.episodes).toEqual(Array(Math.min(k, 2)).fill(episode));
    }
  });

  it("forgets an episode that was broken off", () => {
    const env = new RecordEpisodeStatistics(scripted(1, 2));
    env.reset();
    env.step(push(0));
    env.reset();
    env.step(push(0));
    expect(env.step(push(0))[4].episode).toMatchObject({ return: 3, length: 2 });
  });
});

describe("NormalizeObservation", () => {
  it("has the mean and variance of what was seen, the prior of weight 1e-4 included", () => {
    const env = new NormalizeObservation(scripted(1, 1, 1), { epsilon: 1e-12 });
    env.reset();
    env.step(push(0));
    const [observation] = env.step(push(0));
    // Seen: 0, 1, 2 and, with weight 1e-4, a sample of mean 0 and variance 1.
    const weight = 3 + 1e-4;
    const mean = 3 / weight;
    const variance = (5 + 1e-4) / weight - mean ** 2;
    expect(Number(env.statistics.mean[0])).toBeCloseTo(mean, 12);
    expect(Number(env.statistics.variance[0])).toBeCloseTo(variance, 12);
    expect(env.statistics.count).toBeCloseTo(weight, 12);
    expect(observation[0]).toBeCloseTo((2 - mean) / Math.sqrt(variance), 6);
    const second = (33 - 0) / weight;
    expect(Number(env.statistics.mean[1])).toBeCloseTo(second, 12);
  });

  it("leaves the statistics alone while it does not update, and takes over those of another", () => {
    const learnt = new NormalizeObservation(scripted(1, 1, 1));
    learnt.reset();
    for (let i = 0; i < 3; i++) learnt.step(push(0));
    const env = new NormalizeObservation(scripted(1, 1), { updates: false });
    expect(env.reset()[0]).toEqual(Float32Array.of(0, 10));
    env.statistics = learnt.statistics;
    const [first] = env.reset();
    env.step(push(0));
    expect(env.reset()[0]).toEqual(first);
    expect(first[0]).toBeCloseTo(-1.5 / Math.sqrt(1.25), 3);
    expect(env.statistics).toEqual(learnt.statistics);
  });

  it("widens the space", () => {
    const env = new NormalizeObservation(scripted(1));
    expect(env.observationSpace.contains(Float32Array.of(-1e9, 1e9))).toBe(true);
    expect(env.observationLabels).toEqual(["t, normalised", "10 + t, normalised"]);
  });
});

describe("NormalizeReward", () => {
  /** Rewards after the wrapper, by the definition: all returns so far, the prior of weight 1e-4 among them. */
  function expected(rewards: readonly number[], terminated: readonly boolean[], gamma: number): number[] {
    const returns: number[] = [];
    let g = 0;
    return rewards.map((r, t) => {
      g = gamma * (terminated[t] ? 0 : g) + r;
      returns.push(g);
      const weight = returns.length + 1e-4;
      const mean = returns.reduce((a, b) => a + b, 0) / weight;
      const square = (returns.reduce((a, b) => a + b * b, 0) + 1e-4) / weight;
      return r / Math.sqrt(square - mean * mean + 1e-8);
    });
  }

  it.each([["terminated"], ["truncated"]] as const)(
    "divides by the deviation of the discounted return, over episodes that are %s",
    (end) => {
      const script: Script = { rewards: [1, 3, -2], end };
      const env = new NormalizeReward(new ScriptedEnv(script), { gamma: 0.5 });
      const got: number[] = [];
      for (let episode = 0; episode < 3; episode++) {
        env.reset();
        for (let i = 0; i < 3; i++) got.push(env.step(push(0))[1]);
      }
      const rewards = [1, 3, -2, 1, 3, -2, 1, 3, -2];
      const over = rewards.map((r) => r === -2 && end === "terminated");
      expected(rewards, over, 0.5).forEach((r, i) => {
        expect(got[i]).toBeCloseTo(r, 9);
      });
    },
  );

  it("starts by the hand-checked numbers", () => {
    const env = new NormalizeReward(scripted(2, 2), { gamma: 0.5, epsilon: 1e-12 });
    env.reset();
    // One return, 2, against a prior of weight 1e-4: variance (1e-4 + 4 * 1e-4 / 1.0001) / 1.0001.
    const first = (1e-4 + 4e-4 / 1.0001) / 1.0001;
    expect(env.step(push(0))[1]).toBeCloseTo(2 / Math.sqrt(first + 1e-12), 9);
  });

  it("leaves the statistics alone while it does not update", () => {
    const env = new NormalizeReward(scripted(5, 5), { updates: false });
    env.reset();
    expect(env.step(push(0))[1]).toBeCloseTo(5, 6);
    expect(env.statistics.count).toBe(1e-4);
  });
});

describe("ClipAction", () => {
  it("takes any numbers and gives the nearest in the box, but leaves NaN to be refused", () => {
    const inner = scripted(1, 1, 1, 1);
    const env = new ClipAction(inner);
    expect(env.actionSpace.contains(push(1e30))).toBe(true);
    env.reset();
    for (const x of [5, -5, 0.5, Number.NaN]) env.step(push(x));
    expect(inner.actions).toEqual([[2], [-2], [0.5], [Number.NaN]]);
    expect(env.actionForceN(push(9))).toBe(14);
  });
});

describe("RescaleAction", () => {
  it("stretches linearly, exactly at both ends", () => {
    const inner = scripted(1, 1, 1, 1);
    const env = new RescaleAction(inner, { min: 0, max: 8 });
    env.reset();
    for (const x of [0, 2, 4, 8]) env.step(push(x));
    expect(inner.actions).toEqual([[-2], [-1], [0], [2]]);
    expect(env.actionForceN(push(8))).toBe(14);
  });

  it("refuses what is outside its range, and a box without bounds", () => {
    const env = new RescaleAction(scripted(1));
    env.reset();
    for (const x of [1.5, Number.NaN]) {
      expect(() => env.step(push(x))).toThrow(/expected 1 numbers from -1 to 1 \(RescaleAction\); clip/);
    }
    expect(() => new RescaleAction(new ClipAction(scripted(1)))).toThrow(/actions without bound/);
  });
});

describe("FrameStack", () => {
  it("gives the last observations, oldest first, padded with that of the reset", () => {
    const env = new FrameStack(scripted(1, 1, 1), { frames: 3 });
    expect([...env.reset()[0]]).toEqual([0, 10, 0, 10, 0, 10]);
    expect([...env.step(push(0))[0]]).toEqual([0, 10, 0, 10, 1, 11]);
    env.step(push(0));
    expect([...env.step(push(0))[0]]).toEqual([1, 11, 2, 12, 3, 13]);
    expect([...env.reset()[0]]).toEqual([0, 10, 0, 10, 0, 10]);
    expect(env.observationLabels[0]).toBe("t, 2 steps ago");
    expect(env.observationLabels.slice(4)).toEqual(["t", "10 + t"]);
  });

  it("pads with zeros when asked to, in a space that has room for them", () => {
    const env = new FrameStack(scripted(1), { frames: 2, padding: "zero" });
    const [observation] = env.reset();
    expect([...observation]).toEqual([0, 0, 0, 10]);
    expect(env.observationSpace.contains(observation)).toBe(true);
  });
});

describe("RepeatAction", () => {
  it("sums the rewards, stops at the end, and lasts as long", () => {
    const inner = scripted(1, 2, 4, 8, 16);
    const env = new RepeatAction(inner, { repeats: 3 });
    expect([env.stepSeconds, env.maxEpisodeSteps]).toEqual([1.5, 2]);
    env.reset();
    const first = env.step(push(1));
    expect([first[0][0], first[1], ...ended(first), first[4]]).toEqual([3, 7, false, false, { t: 3 }]);
    const second = env.step(push(2));
    expect([second[0][0], second[1], ...ended(second)]).toEqual([5, 24, true, false]);
    expect(inner.actions).toEqual([[1], [1], [1], [2], [2]]);
  });
});

describe("StickyAction", () => {
  const taken = (probability: number, seed: number, steps = 8) => {
    const inner = new ScriptedEnv({
      rewards: Array(steps).fill(1),
      actionSpace: new Box([-10_000], [10_000]),
    });
    const env = new StickyAction(inner, { probability });
    env.reset({ seed });
    for (let i = 0; i < steps; i++) env.step(push(i));
    return inner.actions.map(([x]) => x!);
  };

  it("takes every action at probability 0 and the first for ever at 1", () => {
    expect(taken(0, 1)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(taken(1, 1)).toEqual(Array(8).fill(0));
  });

  it("repeats what was taken last, as often as it should, the same for the same seed", () => {
    const actions = taken(0.25, 3, 4000);
    expect(taken(0.25, 3, 4000)).toEqual(actions);
    expect(taken(0.25, 4, 4000)).not.toEqual(actions);
    let repeats = 0;
    for (let i = 1; i < actions.length; i++) {
      if (actions[i] === actions[i - 1]) repeats++;
      else expect(actions[i]).toBe(i);
    }
    // Five standard deviations of a binomial count.
    expect(Math.abs(repeats - 1000)).toBeLessThan(5 * Math.sqrt(4000 * 0.25 * 0.75));
  });

  it("starts every episode with its own action", () => {
    const inner = scripted(1, 1);
    const env = new StickyAction(inner, { probability: 1 });
    for (const x of [1, 2]) {
      env.reset();
      env.step(push(x));
      env.step(push(0));
    }
    expect(inner.actions).toEqual([[1], [1], [2], [2]]);
  });
});

describe("DelayAction", () => {
  it("takes actions late, the neutral one first, and forgets those of the last episode", () => {
    const inner = scripted(1, 1, 1, 1);
    const env = new DelayAction(inner, { delay: 2, neutral: [0.5] });
    env.reset();
    for (const x of [1, 2, -1]) env.step(push(x));
    env.reset();
    env.step(push(2));
    expect(inner.actions).toEqual([[0.5], [0.5], [1], [0.5]]);
  });

  it("changes nothing without delay, and is neutral as near to 0 as the box allows", () => {
    const inner = new ScriptedEnv({ rewards: [1, 1], actionSpace: new Box([1], [3]) });
    const now = new DelayAction(inner, { delay: 0 });
    now.reset();
    now.step(push(2.5));
    const later = new DelayAction(inner, { delay: 1 });
    later.reset();
    later.step(push(3));
    expect(inner.actions).toEqual([[2.5], [1]]);
  });

  it("refuses a bad action when it is given, a neutral one outside, and to guess one that is no box", () => {
    const env = new DelayAction(scripted(1), { delay: 1 });
    env.reset();
    expect(() => env.step(push(3))).toThrow(/action is \[3\], expected a member of Box\(1\)/);
    expect(() => env.step(push(Number.NaN))).toThrow(UsageError);
    expect(() => new DelayAction(scripted(1), { delay: 1, neutral: [9] })).toThrow(/"neutral" is \[9\]/);
    const discrete = new ScriptedEnv({ rewards: [1], actionSpace: noBox });
    expect(() => new DelayAction(discrete, { delay: 1 })).toThrow(/none is neutral by itself; set "neutral"/);
    expect(() => new DelayAction(discrete, { delay: 1, neutral: [2] })).not.toThrow();
  });
});

describe("DelayObservation", () => {
  it("shows observations late, rewards and ends at once", () => {
    const env = new DelayObservation(scripted(1, 2, 4), { delay: 2 });
    expect([...env.reset()[0]]).toEqual([0, 10]);
    const steps = [0, 0, 0].map((x) => env.step(push(x)));
    expect(steps.map(([o]) => o[0])).toEqual([0, 0, 1]);
    expect(steps.map(([, reward]) => reward)).toEqual([1, 2, 4]);
    expect(ended(steps[2]!)).toEqual([true, false]);
    expect(env.observationLabels[0]).toBe("t, 2 steps ago");
  });

  it("shows zeros before the first when asked to", () => {
    const env = new DelayObservation(scripted(1, 1), { delay: 1, padding: "zero" });
    const [observation] = env.reset();
    expect([...observation]).toEqual([0, 0]);
    expect(env.observationSpace.contains(observation)).toBe(true);
    expect([...env.step(push(0))[0]]).toEqual([0, 10]);
  });
});

describe("PublishedReward", () => {
  const stepFrom = (
    id: "InvertedPendulum-v5" | "InvertedDoublePendulum-v5",
    qpos: number[],
    options: ConstructorParameters<typeof PublishedReward>[1] = {},
  ) => {
    const env = new PublishedReward<Float32Array>(make(id, { engine: "lagrangian" }) as Env, options);
    env.reset({ seed: 1, state: { qpos, qvel: qpos.map(() => 0.1) } });
    return env.step(push(0));
  };
  const term = (z: number, b: number) => (Math.abs(z) <= b ? 5 - (10 * Math.abs(z)) / b : -5);

  it("double pendulum: the sum over place and both sines; the native reward goes on in info", () => {
    const [o, reward, , , info] = stepFrom("InvertedDoublePendulum-v5", [0.3, 0.1, -0.05]);
    expect(reward).toBeCloseTo(term(o[0]!, 2) + term(o[1]!, 0.418) + term(o[2]!, 0.1), 12);
    const native = double();
    native.reset({ state: { qpos: [0.3, 0.1, -0.05], qvel: [0.1, 0.1, 0.1] } });
    expect(info.nativeReward).toBe(native.step(push(0))[1]);
  });

  it("single pendulum: published takes the cart's velocity for the angle, corrected the angle", () => {
    const [o, published] = stepFrom("InvertedPendulum-v5", [0.3, 0.1]);
    const [, corrected] = stepFrom("InvertedPendulum-v5", [0.3, 0.1], { version: "corrected" });
    expect(published).toBeCloseTo(term(o[0]!, 1) + term(o[2]!, 0.418), 12);
    expect(corrected).toBeCloseTo(term(o[0]!, 1) + term(o[1]!, 0.418), 12);
    expect(published).not.toBe(corrected);
  });

  it("a term out of its bound is worth -5, a fall another -10", () => {
    const [, reward, terminated] = stepFrom("InvertedPendulum-v5", [0.1, 0.6], { version: "corrected" });
    expect(terminated).toBe(true);
    const [o] = stepFrom("InvertedPendulum-v5", [0.1, 0.6]);
    expect(reward).toBeCloseTo(term(o[0]!, 1) - 5 - 10, 12);
  });

  it("noise is on what the reward is worked out from, not on what is observed, and the same for the same seed", () => {
    const clean = stepFrom("InvertedDoublePendulum-v5", [0, 0, 0]);
    const noisy = stepFrom("InvertedDoublePendulum-v5", [0, 0, 0], { noise: 0.1 });
    expect(noisy[0]).toEqual(clean[0]);
    expect(noisy[1]).not.toBe(clean[1]);
    expect(stepFrom("InvertedDoublePendulum-v5", [0, 0, 0], { noise: 0.1 })[1]).toBe(noisy[1]);
  });

  it("refuses a task the paper has no reward for", () => {
    const env = make("InvertedTriplePendulum");
    expect(() => new PublishedReward(env)).toThrow(/no reward for InvertedTriplePendulum, only for/);
  });
});
