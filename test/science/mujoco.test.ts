import { describe, expect, it } from "vitest";
import { environments, make, prepareEngine } from "../../envs/index.ts";
import { loadMujoco, MujocoEngine } from "../../envs/physics/mujoco.ts";
import { largestError, readMujoco } from "./physics-fixtures.ts";

/** The engine `mujoco` (its model made from our own description) against recorded MuJoCo and against `lagrangian`. */

const ids = ["InvertedPendulum-v5", "InvertedDoublePendulum-v5"] as const;

describe("before it is loaded", () => {
  it("make says what to await; a missing package is an error that says how to add it", async () => {
    expect(() => make("InvertedPendulum-v5", { engine: "mujoco" })).toThrow(
      /"mujoco" has not been loaded; call await prepareEngine\("mujoco"\)/,
    );
    const absent: string = "@mujoco/not-there";
    await expect(loadMujoco(() => import(/* @vite-ignore */ absent))).rejects.toThrow(
      /needs the package @mujoco\/mujoco, which is not installed: npm install @mujoco\/mujoco/,
    );
    const broken = () => Promise.resolve({ default: () => Promise.reject(new Error("no memory")) });
    await expect(loadMujoco(broken)).rejects.toThrow(/does not start: Error: no memory/);
    await prepareEngine("mujoco");
    await prepareEngine("mujoco");
    expect(make("InvertedPendulum-v5", { engine: "mujoco" }).reset({ seed: 0 })[0]).toHaveLength(4);
    await expect(prepareEngine("mujuco")).rejects.toThrow(/did you mean "mujoco"/);
  });
});

const recorded = ids.flatMap((id, i) =>
  readMujoco((["mujoco-inverted-pendulum", "mujoco-inverted-double-pendulum"] as const)[i]!).trajectories.map(
    (trajectory) => ({ id, name: trajectory.name, trajectory }),
  ),
);

describe.each(recorded)("mujoco against recorded MuJoCo: $id, $name", ({ id, trajectory }) => {
  it("replays 2 s within 1e-10, stops included; the same observations, rewards and ends", () => {
    const { actions, qpos, obs, reward, terminated } = trajectory;
    const env = make(id, { engine: "mujoco", afterEnd: "continue" });
    env.reset({ state: { qpos: trajectory.init_qpos, qvel: trajectory.init_qvel } });
    for (let i = 0; i < Math.round(2 / env.stepSeconds); i++) {
      const [seen, earned, over] = env.step([actions[i]!]);
      expect(largestError(env.state().qpos, qpos[i]!), `step ${i}`).toBeLessThan(1e-10);
      expect(largestError(seen, obs[i]!.map(Math.fround)), `observation, step ${i}`).toBeLessThan(2e-6);
      expect(Math.abs(earned - reward[i]!), `reward, step ${i}`).toBeLessThan(1e-9);
      expect(over, `terminated, step ${i}`).toBe(terminated[i]);
    }
    env.close();
  });
});

/** Other values than the defaults for everything physical. */
const changed = {
  "InvertedPendulum-v5": {
    poleMassKg: 2,
    poleLengthM: 0.9,
    poleRadiusM: 0.06,
    poleOffsetM: 0.02,
    hingeLimitRad: 0.7,
    terminationAngleRad: 2,
  },
  "InvertedDoublePendulum-v5": {
    pole1MassKg: 3,
    pole2MassKg: 1.5,
    pole1LengthM: 0.5,
    pole2LengthM: 0.9,
    poleRadiusM: 0.06,
  },
  "CartPole-v1": { poleMassKg: 0.3, poleLengthM: 0.8 },
} as const;
const shared = {
  cartMassKg: 4,
  cartDampingNsPerM: 0.7,
  hingeDampingNms: 0.2,
  gravityMPerS2: 7,
  sideGravityMPerS2: 0.3,
  railHalfLengthM: 0.4,
  railMarginM: 0.02,
  stopTimeConstantS: 0.05,
  stopDampingRatio: 0.7,
  stopImpedance: [0.8, 0.9, 0.01, 0.4, 3] as [number, number, number, number, number],
  gearN: 20,
  timeStepS: 0.005,
  frameSkip: 4,
};

describe("every parameter reaches MuJoCo", () => {
  it.each(["CartPole-v1", ...ids] as const)("%s moves as on lagrangian with all of them changed", (id) => {
    const engines = (["lagrangian", "mujoco"] as const).map((engine) => {
      const options = { ...shared, ...changed[id], afterEnd: "continue", engine };
      const env = make(id as string, options);
      const links = environments.get(id).id === "InvertedDoublePendulum-v5" ? 2 : 1;
      const qpos = [0.1, 0.2, -0.1].slice(0, 1 + links);
      env.reset({ state: { qpos, qvel: qpos.map(() => 0.5) } });
      return env;
    });
    let touched = false;
    for (let i = 0; i < 100; i++) {
      const [a, b] = engines.map((env) => {
        (env.step as (action: unknown) => unknown)(id === "CartPole-v1" ? +(i % 50 < 25) : [Math.sin(i / 8)]);
        return env.state();
      });
      touched ||= Math.abs(a!.qpos[0]!) > 0.39;
      expect(largestError(a!.qpos, b!.qpos), `step ${i}`).toBeLessThan(touched ? 1e-6 : 1e-10);
    }
    expect(touched).toBe(true);
  });
});

describe("snapshots", () => {
  it("go on to the same bits while a stop pushes, where the solver's start matters", () => {
    const fresh = () =>
      make("InvertedDoublePendulum-v5", { engine: "mujoco", afterEnd: "continue", observation: "v4" });
    const env = fresh();
    env.reset({ state: { qpos: [0.95, 0.1, -0.2], qvel: [2, 0, 1] } });
    for (let i = 0; i < 3; i++) env.step([0.8]);
    expect(env.step([0.8])[0][8]).not.toBe(0);
    const other = fresh();
    other.restore(JSON.parse(JSON.stringify(env.snapshot())) as ReturnType<typeof env.snapshot>);
    for (let i = 0; i < 30; i++) {
      expect(other.step([0.8])).toEqual(env.step([0.8]));
      expect(other.state()).toEqual(env.state());
    }
  });
});

describe("memory", () => {
  it("may grow and move under a running environment, and is given back by close", () => {
    const [env, undisturbed] = [0, 1].map(() => {
      const made = make("InvertedDoublePendulum-v5", { engine: "mujoco", afterEnd: "continue" });
      made.reset({ seed: 4 });
      return made;
    });
    for (let i = 0; i < 10; i++) undisturbed!.step([0.1]);
    const trajectory = undisturbed!.state();
    const crowd = Array.from({ length: 600 }, () => make("InvertedDoublePendulum-v5", { engine: "mujoco" }));
    for (let i = 0; i < 10; i++) env!.step([0.1]);
    expect(env!.state()).toEqual(trajectory);
    for (const one of crowd) {
      one.close();
      one.close();
    }
  });

  it("is not touched after close", () => {
    const chain = {
      cartMassKg: 1,
      cartDampingNsPerM: 0,
      cartFrictionN: 0,
      rail: null,
      gravityXMPerS2: 0,
      gravityZMPerS2: -9.81,
    };
    const link = {
      massKg: 1,
      lengthM: 1,
      centreXM: 0,
      centreZM: 0.5,
      inertiaKgM2: 0.1,
      dampingNms: 0,
      frictionNm: 0,
    };
    const engine = new MujocoEngine(
      { ...chain, links: [{ ...link, limit: null }] },
      { timeStepS: 0.01, frameSkip: 1, matterStepS: 0.01 },
    );
    engine.step(1);
    engine.close();
    expect(() => engine.step(1)).toThrow(/used after close\(\)/);
    expect(() => engine.place([0, 0], [0, 0])).toThrow(/used after close\(\)/);
  });
});
