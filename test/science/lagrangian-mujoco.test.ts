import { describe, expect, it } from "vitest";
import { environments, make } from "../../envs/index.ts";
import { capsuleInertiaKgM2, capsuleMassKg } from "../../envs/physics/capsule.ts";
import { largestError, type MujocoTrajectory, readMujoco } from "./physics-fixtures.ts";

/**
 * The engine `lagrangian` against recorded MuJoCo 3.14.0 stepping Gymnasium's v5 models. The double pendulum's bodies give
 * the very numbers of MuJoCo, so that not even 25 s of open-loop balancing, which multiply a rounding by e^9 a second, part
 * them; the single's leaning pole leaves roundings.
 */

const cases = (["InvertedPendulum-v5", "InvertedDoublePendulum-v5"] as const).flatMap((id) => {
  const fixture = readMujoco(
    id === "InvertedPendulum-v5" ? "mujoco-inverted-pendulum" : "mujoco-inverted-double-pendulum",
  );
  return fixture.trajectories.map((trajectory) => ({
    id,
    name: trajectory.name,
    trajectory,
    stepsIn: (seconds: number) => Math.round(seconds / fixture.env.dt),
  }));
});

function start(id: (typeof cases)[number]["id"], trajectory: MujocoTrajectory) {
  const env = make(id, { engine: "lagrangian", afterEnd: "continue" });
  const [observation] = env.reset({ state: { qpos: trajectory.init_qpos, qvel: trajectory.init_qvel } });
  return { env, observation };
}

describe.each(cases)("lagrangian against MuJoCo: $id, $name", ({ id, trajectory, stepsIn }) => {
  const { actions, qpos, qvel, obs, reward, terminated } = trajectory;
  const limitStep = trajectory.first_limit_force_step ?? Number.POSITIVE_INFINITY;

  it("replays 2 s within 1e-10 before a stop is touched, within 1e-9 after", () => {
    const { env } = start(id, trajectory);
    for (let i = 0; i < stepsIn(2); i++) {
      env.step([actions[i]!]);
      const bar = i < limitStep ? 1e-10 : 1e-9;
      expect(largestError(env.state().qpos, qpos[i]!), `step ${i}`).toBeLessThan(bar);
    }
  });

  if (id === "InvertedDoublePendulum-v5") {
    it("replays it to its end: the same numbers, within 1e-9 with stops", () => {
      const { env } = start(id, trajectory);
      for (let i = 0; i < actions.length; i++) {
        const [, earned, over] = env.step([actions[i]!]);
        const bar = i < limitStep ? 1e-14 : 1e-9;
        expect(largestError(env.state().qpos, qpos[i]!), `qpos, step ${i}`).toBeLessThan(bar);
        expect(largestError(env.state().qvel, qvel[i]!), `qvel, step ${i}`).toBeLessThan(10 * bar);
        expect(Math.abs(earned - reward[i]!), `reward, step ${i}`).toBeLessThan(10 * bar);
        expect(over, `terminated, step ${i}`).toBe(terminated[i]);
      }
    });
  }

  it("takes every single step to the same state: within 1e-12 before a stop is touched, 1e-6 after", () => {
    const { env } = start(id, trajectory);
    for (let i = 1; i < actions.length; i++) {
      env.reset({ state: { qpos: qpos[i - 1]!, qvel: qvel[i - 1]! } });
      env.step([actions[i]!]);
      // A state does not say where the search for the stops' forces starts from: MuJoCo's solver ends within 1e-8 of them.
      const bar = i < limitStep ? 1e-12 : 1e-6;
      expect(largestError(env.state().qpos, qpos[i]!), `qpos after step ${i}`).toBeLessThan(bar);
      expect(largestError(env.state().qvel, qvel[i]!), `qvel after step ${i}`).toBeLessThan(bar);
    }
  });

  it("observes, rewards and terminates the same", () => {
    const { env, observation } = start(id, trajectory);
    expect(largestError(observation, trajectory.init_obs.map(Math.fround))).toBe(0);
    for (let i = 0; i < actions.length; i++) {
      // From the recorded state each time, so that a step is judged by itself.
      if (i > 0) env.reset({ state: { qpos: qpos[i - 1]!, qvel: qvel[i - 1]! } });
      const [seen, earned, over] = env.step([actions[i]!]);
      expect(over, `terminated, step ${i}`).toBe(terminated[i]);
      expect(Math.abs(earned - reward[i]!), `reward, step ${i}`).toBeLessThan(1e-6);
      // A float32 holds 1e-7 of its size; observations here stay below 16.
      expect(largestError(seen, obs[i]!), `observation, step ${i}`).toBeLessThan(2e-6);
    }
  });
});

describe("the models", () => {
  it("have the masses and inertias of MuJoCo's compiled ones, from the capsules of the model files", () => {
    const single = readMujoco("mujoco-inverted-pendulum").compiled_model;
    const double = readMujoco("mujoco-inverted-double-pendulum").compiled_model;
    const close = (got: number, expected: number) => expect(Math.abs(got / expected - 1)).toBeLessThan(1e-14);
    const leaning = Math.hypot(0.6, 0.001);
    close(capsuleMassKg(0.1, 0.2), single.body_mass[1]!);
    close(capsuleMassKg(0.049, leaning), single.body_mass[2]!);
    close(capsuleInertiaKgM2(capsuleMassKg(0.049, leaning), 0.049, leaning), single.body_inertia[7]!);
    close(capsuleMassKg(0.045, 0.6), double.body_mass[2]!);
    close(capsuleInertiaKgM2(capsuleMassKg(0.045, 0.6), 0.045, 0.6), double.body_inertia[7]!);
    const defaults = environments.get("InvertedPendulum-v5").parameters.parse({});
    close(Number(defaults.cartMassKg), single.body_mass[1]!);
    close(Number(defaults.poleMassKg), single.body_mass[2]!);
    expect(defaults.poleOffsetM).toBe(single.body_ipos[6]);
  });
});
