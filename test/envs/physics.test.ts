import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { environments, make } from "../../envs/index.ts";
import { capsuleInertiaKgM2 } from "../../envs/physics/capsule.ts";
import type { CartChain } from "../../envs/physics/cart-chain.ts";
import { ChainDynamics } from "../../envs/physics/chain-dynamics.ts";
import { engines } from "../../envs/physics/index.ts";
import { SoftStop } from "../../envs/physics/soft-stop.ts";
import { StopNewton } from "../../envs/physics/stop-newton.ts";

/** A chain without friction and stops; every link its own size, every centre off its line. */
function freeChain(links: number): CartChain {
  return {
    cartMassKg: 2,
    cartDampingNsPerM: 0,
    cartFrictionN: 0,
    rail: null,
    gravityXMPerS2: 0.5,
    gravityZMPerS2: -9.81,
    links: Array.from({ length: links }, (_, i) => ({
      massKg: 1 + 0.5 * i,
      lengthM: 0.5 + 0.1 * i,
      centreXM: 0.01 * (i + 1),
      centreZM: 0.2 + 0.05 * i,
      inertiaKgM2: 0.02 + 0.01 * i,
      dampingNms: 0,
      frictionNm: 0,
      limit: null,
    })),
  };
}

/** The engines that take any chain. */
const general = ["matter", "lagrangian"] as const;

const timing = { timeStepS: 0.001, frameSkip: 10, matterStepS: 0.001 };

describe.each([1, 2, 3])("a free chain of %i links", (links) => {
  const chain = freeChain(links);
  const start = {
    qpos: [0.1, ...Array.from({ length: links }, (_, i) => 0.6 - 0.4 * i)],
    qvel: [0.3, ...Array.from({ length: links }, (_, i) => 0.5 * (-1) ** i)],
  };

  it("has a mass matrix that is the kinetic energy of its parts", () => {
    const dynamics = new ChainDynamics({ ...chain, gravityXMPerS2: 0, gravityZMPerS2: 0 });
    // Velocities by moving the pose a little, centres computed here by hand.
    const centres = (qpos: readonly number[]) => {
      const points = [{ x: qpos[0]!, z: 0, angle: 0 }];
      let [x, z, angle] = [qpos[0]!, 0, 0];
      chain.links.forEach((link, i) => {
        angle += qpos[i + 1]!;
        const [s, c] = [Math.sin(angle), Math.cos(angle)];
        points.push({
          x: x + link.centreXM * c + link.centreZM * s,
          z: z - link.centreXM * s + link.centreZM * c,
          angle,
        });
        x += link.lengthM * s;
        z += link.lengthM * c;
      });
      return points;
    };
    const h = 1e-6;
    const shifted = (sign: number) => centres(start.qpos.map((q, i) => q + sign * h * start.qvel[i]!));
    const before = shifted(-1);
    const energy = shifted(1).reduce((sum, to, i) => {
      const from = before[i]!;
      const speed2 = ((to.x - from.x) / (2 * h)) ** 2 + ((to.z - from.z) / (2 * h)) ** 2;
      const massKg = i === 0 ? chain.cartMassKg : chain.links[i - 1]!.massKg;
      const inertia = i === 0 ? 0 : chain.links[i - 1]!.inertiaKgM2;
      return sum + 0.5 * massKg * speed2 + 0.5 * inertia * ((to.angle - from.angle) / (2 * h)) ** 2;
    }, 0);
    expect(dynamics.energyJ(Float64Array.from(start.qpos), Float64Array.from(start.qvel))).toBeCloseTo(
      energy,
      8,
    );
  });

  it.each(general)("keeps its energy on %s", (id) => {
    const engine = engines.get(id).create(chain, timing);
    engine.place(start.qpos, start.qvel);
    const energy = engine.energyJ();
    for (let i = 0; i < 100; i++) engine.step(0);
    expect(Math.abs(engine.energyJ() - energy)).toBeLessThan(id === "lagrangian" ? 1e-6 : 2e-3);
  });

  it("moves alike on matter and lagrangian, more so at smaller substeps (order 2)", () => {
    const errorAt = (matterStepS: number) => {
      const [a, b] = (["lagrangian", "matter"] as const).map((id) => {
        const engine = engines.get(id).create(chain, { ...timing, matterStepS });
        engine.place(start.qpos, start.qvel);
        for (let i = 0; i < 30; i++) engine.step(3 * Math.sin(i));
        return engine;
      });
      return Math.max(...a!.qpos.map((q, i) => Math.abs(q - b!.qpos[i]!)));
    };
    const coarse = errorAt(0.002);
    expect(coarse).toBeLessThan(1e-3);
    expect(coarse / errorAt(0.001)).toBeGreaterThan(3.5);
    expect(coarse / errorAt(0.001)).toBeLessThan(4.5);
  });
});

describe("friction", () => {
  it.each(general)("takes energy at the rate of its power on %s", (id) => {
    const chain = freeChain(2);
    const dampedChain: CartChain = {
      ...chain,
      cartDampingNsPerM: 0.7,
      links: chain.links.map((link, i) => ({ ...link, dampingNms: 0.02 + 0.03 * i })),
    };
    const engine = engines.get(id).create(dampedChain, { ...timing, frameSkip: 1 });
    engine.place([0, 0.5, -0.4], [0.5, 1, -2]);
    const power = () =>
      0.7 * engine.qvel[0]! ** 2 + 0.02 * engine.qvel[1]! ** 2 + 0.05 * engine.qvel[2]! ** 2;
    let work = 0;
    const start = engine.energyJ();
    for (let i = 0; i < 500; i++) {
      const before = power();
      engine.step(0);
      work += 0.5 * timing.timeStepS * (before + power());
    }
    expect(start - engine.energyJ()).toBeCloseTo(work, 3);
    expect(work).toBeGreaterThan(0.1);
  });
});

describe("a soft stop", () => {
  const limit = {
    low: -1,
    high: 1,
    margin: 0.01,
    timeConstantS: 0.02,
    dampingRatio: 1,
    impedance: [0.9, 0.95, 0.001, 0.5, 2] as const,
  };
  const high = new SoftStop(limit, 0, -1, 0.08, 0.01);

  it("is near from its margin on", () => {
    expect(high.isNear(0.9899)).toBe(false);
    expect(high.isNear(0.9901)).toBe(true);
    expect(new SoftStop(limit, 0, 1, 0.08, 0.01).isNear(-0.9901)).toBe(true);
  });

  it("grows stiffer from d0 to dWidth over its width, R with it", () => {
    const impedance = (q: number) => 0.08 / (0.08 + high.regulariser(q));
    expect(impedance(0.99)).toBeCloseTo(0.9, 12);
    expect(impedance(0.9905)).toBeCloseTo(0.925, 12);
    expect(impedance(0.991)).toBeCloseTo(0.95, 12);
    expect(impedance(1.2)).toBeCloseTo(0.95, 12);
  });

  it("wants the acceleration of a damped spring, its time at least two time steps", () => {
    const reference = (timeStepS: number) =>
      new SoftStop(limit, 0, -1, 0.08, timeStepS).referenceAcceleration(1, 0.5);
    const expected = (time: number) => (2 / (0.95 * time)) * 0.5 + (0.95 / (0.95 * time) ** 2) * 0.01;
    expect(reference(0.01)).toBeCloseTo(expected(0.02), 9);
    expect(reference(0.001)).toBeCloseTo(expected(0.02), 9);
    expect(reference(0.02)).toBeCloseTo(expected(0.04), 9);
  });
});

describe("StopNewton", () => {
  it("finds, from any start, forces that only push and the acceleration they leave", () => {
    const limit = {
      low: -0.5,
      high: 0.5,
      margin: 0,
      timeConstantS: 0.02,
      dampingRatio: 1,
      impedance: [0.9, 0.95, 0.001, 0.5, 2] as const,
    };
    const n = 3;
    const stops = [0, 1, 2].map((joint) => new SoftStop(limit, joint, -1, 0.3 + 0.2 * joint, 0.01));
    const number = fc.double({ min: -5, max: 5, noNaN: true });
    const newton = new StopNewton(n);
    fc.assert(
      fc.property(fc.array(number, { minLength: 21, maxLength: 21 }), (x) => {
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) {
            let sum = i === j ? 0.5 : 0;
            for (let k = 0; k < n; k++) sum += 0.2 * x[i * n + k]! * x[j * n + k]!;
            newton.mass[i * n + j] = sum;
          }
          newton.free[i] = 20 * x[9 + i]!;
          newton.warmStart[i] = 20 * x[12 + i]!;
        }
        for (let i = 0; i < n; i++) {
          newton.force[i] = [0, 1, 2].reduce((sum, j) => sum + newton.mass[i * n + j]! * newton.free[j]!, 0);
        }
        const qpos = Float64Array.from([0, 1, 2], (i) => 0.5 + 0.0002 * Math.abs(x[15 + i]!));
        const qvel = Float64Array.from([0, 1, 2], (i) => 0.1 * x[18 + i]!);
        expect(newton.solve(stops, n, qpos, qvel)).toBe(true);
        for (let i = 0; i < n; i++) {
          const { acceleration, constraintForce: stopForce } = newton;
          // The force on the joint is against its angle: a high stop.
          const push = -stopForce[i]!;
          expect(push).toBeGreaterThanOrEqual(0);
          // Newton's law, to the tolerance of the search.
          const inertial = [0, 1, 2].reduce((sum, j) => sum + newton.mass[i * n + j]! * acceleration[j]!, 0);
          expect(Math.abs(inertial - newton.force[i]! - stopForce[i]!)).toBeLessThan(0.02);
          const lack = -acceleration[i]! - stops[i]!.referenceAcceleration(qpos[i]!, qvel[i]!);
          const soft = push * stops[i]!.regulariser(qpos[i]!);
          expect(Math.abs(Math.min(0, lack) + soft)).toBeLessThan(1e-9 * (1 + Math.abs(lack)));
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it("says that a state which is not finite has no solution", () => {
    const newton = new StopNewton(2);
    newton.free.fill(Number.NaN);
    const stop = new SoftStop(
      {
        low: 0,
        high: 1,
        margin: 0,
        timeConstantS: 0.02,
        dampingRatio: 1,
        impedance: [0.9, 0.95, 0.001, 0.5, 2],
      },
      0,
      1,
      0.1,
      0.01,
    );
    expect(newton.solve([stop], 1, new Float64Array(2), new Float64Array(2))).toBe(false);
  });
});

describe("parameters", () => {
  it("change the inertia with a length or a mass: a swing of twice the length is slower as a capsule's", () => {
    const ideal = environments.get("InvertedPendulum-v5").ideal;
    const halfPeriod = (poleLengthM: number) => {
      const env = make("InvertedPendulum-v5", {
        ...ideal,
        engine: "lagrangian",
        poleInertiaKgM2: null,
        cartMassKg: 1e9,
        poleLengthM,
      });
      env.reset({ state: { qpos: [0, Math.PI + 0.001], qvel: [0, 0] } });
      let before = 0.001;
      for (let i = 0; ; i++) {
        env.step([0]);
        const now = env.state().qpos[1]! - Math.PI;
        // A quarter swing to 0, from a start at rest.
        if (now <= 0) return 2 * 0.02 * (i + before / (before - now));
        before = now;
      }
    };
    const capsule = (l: number) => {
      const c = l / 2;
      return Math.PI * Math.sqrt((capsuleInertiaKgM2(1, 0.049, l) + c * c) / (9.81 * c));
    };
    for (const l of [0.6, 1.2]) expect(halfPeriod(l) / capsule(l)).toBeCloseTo(1, 4);
  });

  it("include the published observation: v4 appends the torques of both hinges", () => {
    const state = { qpos: [0.2, 0.1, -0.3], qvel: [20, 1, -30] };
    const v5 = make("InvertedDoublePendulum-v5").reset({ state })[0];
    const v4 = make("InvertedDoublePendulum-v5", { observation: "v4" }).reset({ state })[0];
    expect([...v5]).toEqual(
      [0.2, Math.sin(0.1), Math.sin(-0.3), Math.cos(0.1), Math.cos(-0.3), 10, 1, -10, 0].map(Math.fround),
    );
    expect([...v4]).toEqual([...v5, 0, 0]);
  });

  it("draw the starts Gymnasium draws", () => {
    const env = make("InvertedDoublePendulum-v5");
    const starts = Array.from({ length: 2000 }, (_, seed) => {
      env.reset({ seed });
      return env.state();
    });
    const qpos = starts.flatMap((start) => [...start.qpos]);
    const qvel = starts.flatMap((start) => [...start.qvel]);
    const meanSquare = (xs: number[]) => xs.reduce((sum, x) => sum + x * x, 0) / xs.length;
    expect(Math.max(...qpos.map(Math.abs))).toBeLessThanOrEqual(0.1);
    expect(meanSquare(qpos) / (0.01 / 3)).toBeCloseTo(1, 1);
    expect(meanSquare(qvel) / 0.01).toBeCloseTo(1, 1);
    expect(Math.max(...qvel.map(Math.abs))).toBeGreaterThan(0.3);
  });
});
