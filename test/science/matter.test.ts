import { describe, expect, it } from "vitest";
import { environments, make } from "../../envs/index.ts";
import { largestError, readMujoco, readUndamped, relative } from "./physics-fixtures.ts";

/** The engine `matter` against models that do not share its scheme. */

const undamped = readUndamped();
const systems = [
  { system: "single", id: "InvertedPendulum-v5" },
  { system: "double", id: "InvertedDoublePendulum-v5" },
] as const;
const STEP_S = 0.02;
const STEPS_10_S = 500;

function ideal(id: "InvertedPendulum-v5" | "InvertedDoublePendulum-v5") {
  return make(id, { ...environments.get(id).ideal, engine: "matter" });
}

describe.each(systems)("matter without friction: $system pendulum", ({ system, id }) => {
  const { small_modes, trajectories } = undamped[system];
  const named = (name: string) => trajectories.find((trajectory) => trajectory.name === name)!;

  it.each(small_modes)(
    "swings with the period $period s within 0.2 % and keeps 99 % of it over 10 s",
    (mode) => {
      const amplitude = 0.01;
      const hanging = mode.shape_x_phi.map((x, i) => amplitude * x + (i === 0 ? 0 : Math.PI));
      const env = ideal(id);
      env.reset({ state: { qpos: relative(hanging), qvel: hanging.map(() => 0) } });
      const swing = () => {
        const { qpos, qvel } = env.state();
        return { angle: qpos[1]! - Math.PI, rate: qvel[1]! };
      };
      const size = () => Math.hypot(swing().angle, swing().rate / mode.omega);
      const before = size();
      const upwards: number[] = [];
      for (let i = 0, last = swing().angle; i < STEPS_10_S; i++) {
        env.step([0]);
        const { angle } = swing();
        if (last < 0 && angle >= 0) upwards.push((i + last / (last - angle)) * STEP_S);
        last = angle;
      }
      const period = (upwards.at(-1)! - upwards[0]!) / (upwards.length - 1);
      expect(Math.abs(period / mode.period - 1)).toBeLessThan(0.002);
      expect(size() / before).toBeGreaterThan(0.99);
      expect(size() / before).toBeLessThan(1.01);
    },
  );

  it("keeps the energy of a horizontal release within 0.5 % of the swing's over 10 s, its hinges closed", () => {
    const { init_qpos, init_qvel } = named("release_horizontal_free");
    const env = ideal(id);
    env.reset({ state: { qpos: relative(init_qpos), qvel: init_qvel } });
    const start = env.diagnostics?.().energyJ ?? Number.NaN;
    // What the poles lose from horizontal to hanging.
    const swing = Math.abs(named("hanging_small_free").init_energy);
    for (let i = 0; i < STEPS_10_S; i++) {
      env.step([0]);
      const { energyJ, jointGapM } = env.diagnostics?.() ?? { energyJ: Number.NaN, jointGapM: Number.NaN };
      expect(Math.abs(energyJ - start) / swing).toBeLessThan(0.005);
      expect(jointGapM).toBeLessThan(1e-4);
    }
  });

  it("follows the poles under a random force: within 1e-3 rad at 0.5 s and 1e-2 rad at 1 s", () => {
    const { init_qpos, init_qvel, force, qpos } = named("upright_random50");
    const env = ideal(id);
    env.reset({ state: { qpos: relative(init_qpos), qvel: relative(init_qvel) } });
    for (let i = 0; i < 50; i++) {
      env.step([force[i]!]);
      const error = largestError(env.state().qpos, relative(qpos[i]!));
      expect(error, `step ${i}`).toBeLessThan(i < 25 ? 1e-3 : 1e-2);
    }
  });
});

describe("matter with friction and stops", () => {
  it.each(systems)("takes single steps of balancing like MuJoCo: $id", ({ system, id }) => {
    const { trajectories } = readMujoco(
      system === "single" ? "mujoco-inverted-pendulum" : "mujoco-inverted-double-pendulum",
    );
    const { actions, qpos, qvel } = trajectories.find(({ name }) => name === "lqr_balance")!;
    const env = make(id, { engine: "matter", afterEnd: "continue" });
    for (let i = 1; i < actions.length; i++) {
      env.reset({ state: { qpos: qpos[i - 1]!, qvel: qvel[i - 1]! } });
      env.step([actions[i]!]);
      expect(largestError(env.state().qpos, qpos[i]!), `qpos after step ${i}`).toBeLessThan(2e-5);
      expect(largestError(env.state().qvel, qvel[i]!), `qvel after step ${i}`).toBeLessThan(2e-4);
    }
  });

  it("stops the cart at the end of the rail, softly, and lets it go again", () => {
    const env = make("InvertedPendulum-v5", { engine: "matter", afterEnd: "continue" });
    env.reset({ state: { qpos: [0.8, 0], qvel: [3, 0] } });
    const places: number[] = [];
    for (let i = 0; i < 50; i++) {
      env.step([0]);
      places.push(env.state().qpos[0]!);
    }
    expect(Math.max(...places)).toBeGreaterThan(1);
    expect(Math.max(...places)).toBeLessThan(1.1);
    expect(places.at(-1)).toBeLessThan(1.001);
  });

  it("stops the pole at its hinge's limit", () => {
    const env = make("InvertedPendulum-v5", { engine: "matter", afterEnd: "continue" });
    env.reset({ state: { qpos: [0, 1], qvel: [0, 2] } });
    let largest = 0;
    for (let i = 0; i < 75; i++) {
      env.step([0]);
      largest = Math.max(largest, env.state().qpos[1]!);
    }
    expect(largest).toBeGreaterThan(Math.PI / 2);
    expect(largest).toBeLessThan(Math.PI / 2 + 0.2);
    expect(env.state().qpos[1]).toBeCloseTo(Math.PI / 2, 1);
  });

  it("shows a push against the rail's end in the double pendulum's observation", () => {
    const env = make("InvertedDoublePendulum-v5", { engine: "matter", afterEnd: "continue" });
    const [atRest] = env.reset({ state: { qpos: [0, 0, 0], qvel: [0, 0, 0] } });
    expect(atRest[8]).toBe(0);
    const [pressed] = env.reset({ state: { qpos: [1.02, 0, 0], qvel: [0, 0, 0] } });
    expect(pressed[8]).toBe(-10);
    env.reset({ state: { qpos: [1, 0, 0], qvel: [0, 0, 0] } });
    expect(env.step([0.5])[0][8]).toBe(-10);
  });
});
