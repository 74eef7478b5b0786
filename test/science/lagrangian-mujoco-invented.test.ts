import { describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { Balancer } from "../../envs/controllers/balancer.ts";
import type { BoxEnv } from "../../envs/definition.ts";
import { make, prepareEngine } from "../../envs/index.ts";
import { largestError } from "./physics-fixtures.ts";

/**
 * The engine `lagrangian` against the engine `mujoco` on trajectories that nobody recorded: any start, any push, into the
 * stops. numerics' bars are 1e-10 and 1e-6 after 2 s; before a stop is touched the two are equal to the bit.
 */

await prepareEngine("mujoco");

const SECONDS = 2;
const SEEDS = [0, 1, 2, 3, 4, 5];

interface Drive {
  readonly start: "upright" | "anywhere";
  /** Share of the largest push at time t. */
  share(t: number, rng: Rng, env: BoxEnv, balancer: Balancer): number;
}

const drives: Record<string, Drive> = {
  "no push": { start: "upright", share: () => 0 },
  "small random pushes": { start: "upright", share: (_, rng) => rng.uniform(-0.1, 0.1) },
  "full random pushes": { start: "anywhere", share: (_, rng) => rng.uniform(-1, 1) },
  "a sine": { start: "anywhere", share: (t) => 0.8 * Math.sin(7 * t) },
  "a steady push into the stop": { start: "upright", share: () => 0.5 },
  balancing: {
    start: "upright",
    share: (_, rng, env, balancer) => balancer.wish(env.state()) / balancer.limit + rng.uniform(-0.02, 0.02),
  },
};

const tasks = [
  { id: "InvertedPendulum-v5", options: {} },
  { id: "InvertedDoublePendulum-v5", options: {} },
  { id: "InvertedDoublePendulum-v5", options: { observation: "v4" } },
  { id: "InvertedTriplePendulum", options: {} },
  { id: "DoublePendulumSwingUp", options: {} },
] as const;

const cases = tasks.flatMap((task) => Object.keys(drives).map((drive) => ({ ...task, drive })));

describe.each(cases)("$id $options, $drive", ({ id, options, drive: name }) => {
  it("runs for 2 s as on MuJoCo: state, observation, reward, end", () => {
    const drive = drives[name]!;
    const [own, theirs] = (["lagrangian", "mujoco"] as const).map(
      (engine) => make(id as string, { ...options, engine, afterEnd: "continue" }) as BoxEnv,
    ) as [BoxEnv, BoxEnv];
    const balancer = new Balancer(make(id as string, { engine: "lagrangian" }));
    for (const seed of SEEDS) {
      const rng = new Rng(`invented/${id}/${name}/${seed}`);
      const reach = drive.start === "upright" ? 0.05 : 0.8;
      const joints = own.state().qpos.length;
      const state = {
        qpos: Array.from({ length: joints }, () => rng.uniform(-reach, reach)),
        qvel: Array.from({ length: joints }, () => rng.uniform(-reach, reach)),
      };
      expect(own.reset({ state })[0]).toEqual(theirs.reset({ state })[0]);
      let touched = false;
      for (let t = 0; t < SECONDS; t += own.stepSeconds) {
        const share = Math.max(-1, Math.min(1, drive.share(t, rng, theirs, balancer)));
        const action = [Math.fround(share * balancer.limit)];
        const [a, b] = [own.step(action), theirs.step(action)];
        const [now, their] = [own.state(), theirs.state()];
        touched ||= Math.abs(their.qpos[0]!) > 0.97 || Math.abs(their.qpos[1]!) > 1.55;
        const where = `seed ${seed}, t = ${t}`;
        const bar = touched ? 1e-9 : 0;
        expect(largestError(now.qpos, their.qpos), where).toBeLessThanOrEqual(bar);
        expect(largestError(now.qvel, their.qvel), where).toBeLessThanOrEqual(100 * bar);
        expect(Math.abs(a[1] - b[1]), where).toBeLessThanOrEqual(100 * bar);
        expect(a[2], where).toBe(b[2]);
        if (!touched) expect(a[0], where).toEqual(b[0]);
      }
    }
    theirs.close();
  });
});
