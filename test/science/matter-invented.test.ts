import { describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import type { BoxEnv } from "../../envs/definition.ts";
import { environments, make } from "../../envs/index.ts";

/** The engine `matter` against `lagrangian` on motions that nobody recorded, without friction, in numerics' bars. */

const SEEDS = Array.from({ length: 12 }, (_, i) => i);
const systems = [
  { id: "InvertedPendulum-v5", poles: 1 },
  { id: "InvertedDoublePendulum-v5", poles: 2 },
] as const;

function ideal(id: string, engine: string): BoxEnv {
  return make(id, { ...environments.get(id).ideal, engine }) as BoxEnv;
}

/** Angles from upright, rad. */
function absolute(qpos: readonly number[]): number[] {
  let angle = 0;
  return qpos.slice(1).map((hinge) => {
    angle += hinge;
    return angle;
  });
}

describe.each(systems)("matter without friction: $id", ({ id, poles }) => {
  it.each([
    { start: "near upright, at rest", reachRad: 0.1, rate: 0 },
    { start: "near upright, moving", reachRad: 0.1, rate: 2 },
    { start: "anywhere", reachRad: Math.PI, rate: 0 },
  ])(
    "follows a random force of +-50 N from $start: 1e-3 rad at 0.5 s, 1e-2 rad at 1 s",
    ({ reachRad, rate }) => {
      const [own, exact] = [ideal(id, "matter"), ideal(id, "lagrangian")];
      for (const seed of SEEDS) {
        const rng = new Rng(`force/${seed}`);
        const angles = Array.from({ length: poles }, () => rng.uniform(-reachRad, reachRad));
        const state = { qpos: [0, ...angles], qvel: [0, ...angles.map(() => rng.uniform(-rate, rate))] };
        own.reset({ state });
        exact.reset({ state });
        for (let i = 1; i <= 50; i++) {
          const force = [rng.uniform(-50, 50)];
          own.step(force);
          exact.step(force);
          const theirs = absolute(exact.state().qpos);
          const error = Math.max(...absolute(own.state().qpos).map((a, k) => Math.abs(a - theirs[k]!)));
          expect(error, `seed ${seed}, step ${i}`).toBeLessThan(i <= 25 ? 1e-3 : 1e-2);
        }
      }
    },
  );

  it("keeps the energy of a swing from about horizontal within 0.5 % over 10 s, its hinges within 1e-4 m", () => {
    const env = ideal(id, "matter");
    const rest = Array(poles).fill(0) as number[];
    env.reset({ state: { qpos: [0, Math.PI, ...rest.slice(1)], qvel: [0, ...rest] } });
    const hanging = env.diagnostics().energyJ;
    for (const seed of SEEDS) {
      const rng = new Rng(`release/${seed}`);
      const first = (seed % 2 === 0 ? 1 : -1) * (Math.PI / 2 + rng.uniform(-0.4, 0.4));
      const further = rest.slice(1).map(() => rng.uniform(-0.5, 0.5));
      env.reset({ state: { qpos: [0, first, ...further], qvel: [0, ...rest] } });
      const start = env.diagnostics().energyJ;
      for (let i = 0; i < 500; i++) {
        env.step([0]);
        const { energyJ, jointGapM } = env.diagnostics();
        expect(Math.abs(energyJ - start) / (start - hanging), `seed ${seed}, step ${i}`).toBeLessThan(0.005);
        expect(jointGapM).toBeLessThan(1e-4);
      }
    }
  });
});
