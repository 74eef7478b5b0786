import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { make } from "../../envs/index.ts";
import { packageRoot } from "../../training/package-root.ts";
import { largestError } from "./physics-fixtures.ts";

/** CartPole-v1 against Gymnasium 1.4.0's own. Sine and cosine may differ in the last bit between machines. */

interface Episode {
  readonly name: string;
  readonly sutton_barto_reward: boolean;
  readonly init_state: number[];
  readonly init_obs: number[];
  readonly actions: number[];
  readonly state: number[][];
  readonly obs: number[][];
  readonly reward: number[];
  readonly terminated: boolean[];
  readonly truncated: boolean[];
}

const { trajectories } = JSON.parse(
  readFileSync(join(packageRoot(), "test/fixtures/physics/gymnasium-cartpole.json"), "utf8"),
) as { trajectories: Episode[] };

/** Gymnasium's [x, x', theta, theta'] as positions and rates. */
const physical = ([x, velocity, angle, rate]: readonly number[]) => ({
  qpos: [x!, angle!],
  qvel: [velocity!, rate!],
});

function start(episode: Episode, engine: "classic" | "matter" | "lagrangian" = "classic") {
  const env = make("CartPole-v1", {
    engine,
    afterEnd: "continue",
    suttonBartoReward: episode.sutton_barto_reward,
  });
  const [observation] = env.reset({ state: physical(episode.init_state) });
  return { env, observation };
}

describe.each(trajectories)("CartPole-v1 against Gymnasium: $name", (episode) => {
  const { actions, state, obs, reward, terminated, truncated } = episode;

  it("takes every single step to the same state within 1e-12", () => {
    const { env } = start(episode);
    for (let i = 0; i < actions.length; i++) {
      if (i > 0) env.reset({ state: physical(state[i - 1]!) });
      env.step(actions[i]!);
      const { qpos, qvel } = env.state();
      const expected = physical(state[i]!);
      expect(largestError(qpos, expected.qpos), `qpos after step ${i}`).toBeLessThan(1e-12);
      expect(largestError(qvel, expected.qvel), `qvel after step ${i}`).toBeLessThan(1e-12);
    }
  });

  it("replays the first 200 steps: states within 1e-8, the same observations, rewards and ends", () => {
    const { env, observation } = start(episode);
    expect([...observation]).toEqual(episode.init_obs.map(Math.fround));
    for (let i = 0; i < Math.min(200, actions.length); i++) {
      const [seen, earned, over, outOfTime] = env.step(actions[i]!);
      const { qpos, qvel } = env.state();
      const expected = physical(state[i]!);
      expect(largestError([...qpos, ...qvel], [...expected.qpos, ...expected.qvel])).toBeLessThan(1e-8);
      expect(largestError(seen, obs[i]!), `observation, step ${i}`).toBeLessThan(1e-6);
      expect(earned, `reward, step ${i}`).toBe(reward[i]);
      expect(over, `terminated, step ${i}`).toBe(terminated[i]);
      expect(outOfTime, `truncated, step ${i}`).toBe(truncated[i]);
    }
  });
});

describe("CartPole-v1", () => {
  it("is truncated by its 500th step, as the recorded episode", () => {
    const recorded = trajectories.find(({ name }) => name === "balance_500")!;
    const env = make("CartPole-v1", { afterEnd: "continue" });
    env.reset({ seed: 0 });
    expect(recorded.actions.map((action) => env.step(action)[3])).toEqual(recorded.truncated);
  });
});

describe("CartPole-v1 on other engines", () => {
  // One explicit Euler step of h leaves out h^2/2 of the acceleration (here up to 16 rad/s2) from the angle.
  it.each(["matter", "lagrangian"] as const)("%s takes the steps of the same body", (engine) => {
    const episode = trajectories.find(({ name }) => name === "balance_500")!;
    const { env } = start(episode, engine);
    for (let i = 1; i < 100; i++) {
      env.reset({ state: physical(episode.state[i - 1]!) });
      env.step(episode.actions[i]!);
      const expected = physical(episode.state[i]!);
      expect(largestError(env.state().qvel, expected.qvel), `step ${i}`).toBeLessThan(0.02);
      expect(largestError(env.state().qpos, expected.qpos), `step ${i}`).toBeLessThan(0.5 * 0.02 ** 2 * 16);
    }
  });

  it("classic converges to the exact motion at first order", () => {
    const angleAfter = (engine: "classic" | "lagrangian", timeStepS: number) => {
      const env = make("CartPole-v1", { engine, timeStepS, frameSkip: Math.round(0.5 / timeStepS) });
      env.reset({ state: { qpos: [0, 0.05], qvel: [0.1, -0.2] } });
      env.step(1);
      return env.state().qpos[1]!;
    };
    const exact = angleAfter("lagrangian", 0.001);
    const error = (timeStepS: number) => Math.abs(angleAfter("classic", timeStepS) - exact);
    expect(error(0.001) / error(0.0005)).toBeCloseTo(2, 1);
    expect(error(0.0005)).toBeLessThan(1e-2);
  });

  it("classic keeps friction and a side gravity, and refuses stops, with what to do", () => {
    const accelerated = (options: { cartDampingNsPerM?: number; sideGravityMPerS2?: number }) => {
      const [exact, euler] = (["lagrangian", "classic"] as const).map((engine) => {
        const env = make("CartPole-v1", { ...options, hingeDampingNms: 0.01, engine, timeStepS: 1e-5 });
        env.reset({ state: { qpos: [0, 0.3], qvel: [1, -2] } });
        env.step(1);
        return env.state().qvel;
      });
      return largestError(exact!, euler!);
    };
    // Euler's own error of one step of 10 us.
    expect(accelerated({ cartDampingNsPerM: 2 })).toBeLessThan(1e-7);
    expect(accelerated({ sideGravityMPerS2: 1.5 })).toBeLessThan(1e-7);
    expect(() => make("CartPole-v1", { railHalfLengthM: 1 })).toThrow(/without stops.*"lagrangian"/);
  });
});
