import { beforeAll, describe, expect, it } from "vitest";
import { Balancer } from "../../envs/controllers/balancer.ts";
import { linearise } from "../../envs/controllers/linearise.ts";
import { solveRiccati } from "../../envs/controllers/riccati.ts";
import { SwingUpController } from "../../envs/controllers/swing-up.ts";
import { environments, make, prepareEngine } from "../../envs/index.ts";
import { largestError } from "./physics-fixtures.ts";

/** Classical controllers as tests of the physics: what holds and swings up on one engine must do so on every other. */

beforeAll(() => prepareEngine("mujoco"));

const balancing = [
  { id: "CartPole-v1", atLeast: 500 },
  { id: "InvertedPendulum-v5", atLeast: 1000 },
  { id: "InvertedDoublePendulum-v5", atLeast: 9359 },
  { id: "InvertedTriplePendulum", atLeast: 9999 },
] as const;
const cases = balancing.flatMap((task) =>
  environments.get(task.id).engines.map((engine) => ({ ...task, engine })),
);

describe("the regulator", () => {
  it.each(cases)(
    "holds $id on $engine for whole episodes, for $atLeast or more",
    ({ id, engine, atLeast }) => {
      const env = make(id as string, { engine });
      const balancer = new Balancer(env);
      for (let seed = 0; seed < 3; seed++) {
        env.reset({ seed });
        let sum = 0;
        for (let over = false; !over; ) {
          const [, reward, terminated, truncated] = balancer.step();
          sum += reward;
          over = terminated || truncated;
          expect(terminated).toBe(false);
        }
        expect(sum, `seed ${seed}`).toBeGreaterThanOrEqual(atLeast);
      }
      env.close();
    },
  );

  it("comes out alike from every engine: they agree on the linear motion", () => {
    const gains = (["matter", "lagrangian", "mujoco"] as const).map((engine) => [
      ...new Balancer(make("InvertedTriplePendulum", { engine })).gain,
    ]);
    const size = Math.max(...gains[1]!.map(Math.abs));
    expect(largestError(gains[0]!, gains[1]!) / size).toBeLessThan(1e-3);
    expect(largestError(gains[2]!, gains[1]!) / size).toBeLessThan(1e-7);
  });

  it("does not hold a pole whose push is taken away", () => {
    const env = make("InvertedPendulum-v5", { engine: "lagrangian" });
    const balancer = new Balancer(env);
    env.reset({ seed: 0 });
    let steps = 0;
    for (let over = false; !over; steps++) {
      expect(Number.isFinite(balancer.wish(env.state()))).toBe(true);
      over = env.step([0])[2];
    }
    expect(steps).toBeLessThan(100);
  });
});

describe("swinging up by energy", () => {
  // The double pendulum's way up is chaotic; from these two starts it is short enough to be the same everywhere.
  const starts = [
    { id: "CartPoleSwingUp", seeds: [0, 1, 2], upBy: 60 },
    { id: "DoublePendulumSwingUp", seeds: [1, 5], upBy: 320 },
  ] as const;
  const runs = starts.flatMap((start) =>
    (["matter", "lagrangian", "mujoco"] as const).map((engine) => ({ ...start, engine })),
  );

  it.each(runs)(
    "brings up $id on $engine within $upBy steps and keeps it up",
    ({ id, seeds, upBy, engine }) => {
      const env = make(id, { engine, maxEpisodeSteps: upBy + 150 });
      const controller = new SwingUpController(env);
      for (const seed of seeds) {
        env.reset({ seed });
        for (let step = 1, over = false; !over; step++) {
          const [, , , truncated, info] = controller.step();
          if (step > upBy) expect(info.heightReward, `seed ${seed}, step ${step}`).toBeGreaterThan(0.97);
          over = truncated;
        }
      }
      env.close();
    },
  );

  it("has CartPoleSwingUp solved", () => {
    const env = make("CartPoleSwingUp", { engine: "lagrangian" });
    const controller = new SwingUpController(env);
    let sum = 0;
    for (let seed = 0; seed < 3; seed++) {
      env.reset({ seed });
      for (let over = false; !over; ) {
        const [, reward, , truncated] = controller.step();
        sum += reward / 3;
        over = truncated;
      }
    }
    expect(sum).toBeGreaterThan(env.rewardThreshold);
  });
});

describe("the parts", () => {
  it("linearise predicts a small step, by every engine", () => {
    const start = [0.001, -0.002, 0.003, 0.002, -0.001, 0.002];
    for (const engine of environments.get("InvertedDoublePendulum-v5").engines) {
      const env = make("InvertedDoublePendulum-v5", { engine });
      const { n, a, b } = linearise(env, [0, 0, 0]);
      env.reset({ state: { qpos: start.slice(0, 3), qvel: start.slice(3) } });
      env.step([0.01]);
      const { qpos, qvel } = env.state();
      const predicted = start.map((_, i) =>
        start.reduce((sum, s, j) => sum + a[i * n + j]! * s, b[i]! * 0.01),
      );
      expect(largestError([...qpos, ...qvel], predicted)).toBeLessThan(2e-5);
    }
  });

  it("linearise refuses a pose that falls", () => {
    const env = make("InvertedDoublePendulum-v5", { engine: "lagrangian" });
    expect(() => linearise(env, [0, 0.5, 0])).toThrow(/without a push, expected an equilibrium/);
  });

  it("solveRiccati has the scalar equation's solution, and says so where there is none", () => {
    const model = (a: number, b: number) => ({ n: 1, a: Float64Array.of(a), b: Float64Array.of(b) });
    // P^2 - 4 P - 1 = 0 for a = 2, b = q = r = 1; K = 2 P / (1 + P).
    const p = 2 + Math.sqrt(5);
    expect(solveRiccati(model(2, 1), [1], 1)[0]).toBeCloseTo((2 * p) / (1 + p), 9);
    expect(() => solveRiccati(model(2, 0), [1], 1)).toThrow(/no fixed point/);
  });
});
