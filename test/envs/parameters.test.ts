import { describe, expect, it } from "vitest";
import type { Env } from "../../core/env.ts";
import { UsageError } from "../../core/errors.ts";
import { Box } from "../../core/space.ts";
import { environments, make } from "../../envs/index.ts";
import { changeTimeOf } from "../../envs/parameter-change.ts";
import { forcesOfPoint, tipPosition } from "../../envs/physics/cart-chain.ts";
import { engines, prepareEngine } from "../../envs/physics/index.ts";
import { wrap } from "../../envs/wrappers/index.ts";

for (const id of engines.ids) await prepareEngine(id);

const cases = environments.entries.flatMap(({ id, engines }) =>
  engines.map((engine) => ({ id: id as string, engine: engine as string })),
);

function push({ actionSpace }: Env<unknown>, share: number): unknown {
  return actionSpace instanceof Box ? actionSpace.high.map((x) => share * x) : share < 0 ? 0 : 1;
}

/** Another value for every parameter, near its own. */
function shifted(key: string, value: unknown): unknown {
  if (key === "afterEnd") return "continue";
  if (key === "observation") return "v4";
  if (key.endsWith("Steps")) return (value as number) + 2;
  if (key === "frameSkip") return (value as number) + 1;
  if (key === "stopImpedance") return [0.8, 0.9, 0.002, 0.5, 2];
  if (key === "timeStepS" || key === "matterStepS") return (value as number) / 2;
  if (key === "poleInertiaKgM2") return 0.3;
  if (key === "railHalfLengthM" && value === null) return null;
  if (typeof value === "boolean") return !value;
  return (value as number) * 1.1 + 0.001;
}

describe.each(cases)("$id on $engine", ({ id, engine }) => {
  const fresh = (options: Record<string, unknown> = {}) =>
    make(id, { engine, afterEnd: "continue", terminates: false, ...options });
  const { shape } = environments.get(id).parameters;
  const { parameters: defaults } = make(id, { engine });
  const changes = (times: readonly string[]) =>
    Object.fromEntries(
      Object.entries(shape)
        .filter(([key, schema]) => times.includes(changeTimeOf(schema)) && key !== "terminates")
        .map(([key]) => [key, shifted(key, defaults[key as keyof typeof defaults])]),
    );

  it("changed in the middle of an episode, goes on as one that was made so and stands there", () => {
    const inMotion = changes(["any time"]);
    const [changed, made] = [fresh() as Env<unknown>, fresh(inMotion) as Env<unknown>];
    changed.reset({ seed: 1 });
    for (let i = 0; i < 3; i++) changed.step(push(changed, 0.02));
    changed.setParameters!({ ...inMotion, observationDelaySteps: 0 });
    made.reset({ seed: 1, state: changed.state(), parameters: { observationDelaySteps: 0 } });
    // Noise is drawn from where the streams stand; without it the two must agree to the bit.
    const quiet = {
      actuatorNoiseN: 0,
      placeNoiseM: 0,
      angleNoiseRad: 0,
      velocityNoiseMPerS: 0,
      rateNoiseRadPerS: 0,
    };
    for (const env of [changed, made]) env.setParameters!(quiet);
    for (let i = 0; i < 10; i++) {
      const [a, b] = [changed, made].map((env) => env.step(push(env, 0.02 * (-1) ** i)));
      expect([...a![0]]).toEqual([...b![0]]);
      expect(a![1]).toBe(b![1]);
    }
    expect(changed.state()).toEqual(made.state());
    expect(changed.scene).toEqual(made.scene);
    expect(changed.parameters).toEqual(made.parameters);
  });

  it("takes another gravity without making the engine anew, as one that was made with it", () => {
    const gravity = { gravityMPerS2: 7, sideGravityMPerS2: 0.4 };
    const [changed, made] = [fresh() as Env<unknown>, fresh(gravity) as Env<unknown>];
    changed.reset({ seed: 1 });
    for (let i = 0; i < 3; i++) changed.step(push(changed, 0.02));
    changed.setParameters!(gravity);
    made.reset({ seed: 1, state: changed.state() });
    expect(changed.diagnostics!()).toMatchObject({ energyJ: made.diagnostics!().energyJ });
    for (let i = 0; i < 5; i++) {
      const [a, b] = [changed, made].map((env) => env.step(push(env, 0.02)));
      expect([...a![0], a![1]]).toEqual([...b![0], b![1]]);
    }
  });

  it("keeps its spaces whatever may change, takes what waits for a reset, and refuses the rest", () => {
    const env = fresh() as Env<unknown>;
    env.reset({ seed: 0 });
    for (const [key, schema] of Object.entries(shape)) {
      const change = { [key]: shifted(key, defaults[key as keyof typeof defaults]) };
      const time = changeTimeOf(schema);
      if (time === "never") {
        expect(() => env.reset({ parameters: change }), key).toThrow(
          /cannot change, for the spaces depend on it/,
        );
        continue;
      }
      if (time === "between episodes") {
        expect(() => env.setParameters!(change), key).toThrow(/only change between episodes; use reset/);
        env.reset({ parameters: change });
      } else env.setParameters!(change);
      const other = make(id, { engine, ...change });
      expect(other.observationSpace.toJSON(), key).toEqual(env.observationSpace.toJSON());
      expect(other.actionSpace.toJSON(), key).toEqual(env.actionSpace.toJSON());
      expect((env.parameters as Record<string, unknown>)[key], key).toEqual(change[key]);
    }
    expect(() => env.setParameters!({ cartMass: 1 })).toThrow(
      /unknown key "cartMass"; did you mean "cartMassKg"/,
    );
    expect(() => env.setParameters!({ cartMassKg: -1 })).toThrow(UsageError);
    expect(env.parameters?.cartMassKg).toBeGreaterThan(0);
  });

  it("restores parameters, noise and what is on its way to the bit, into an instance made otherwise too", () => {
    const env = fresh({
      observationDelaySteps: 2,
      actuatorDelaySteps: 3,
      actuatorNoiseN: 0.5,
      angleNoiseRad: 0.01,
      velocityNoiseMPerS: 0.1,
    }) as Env<unknown>;
    env.reset({ seed: 4 });
    env.step(push(env, 0.1));
    env.setParameters!({ gearN: 5, cartMassKg: 3 });
    env.applyForces!([
      0.3,
      ...env
        .state()
        .qpos.slice(1)
        .map(() => 0.01),
    ]);
    env.step(push(env, -0.1));
    const saved = JSON.parse(JSON.stringify(env.snapshot())) as ReturnType<Env["snapshot"]>;
    const other = fresh() as Env<unknown>;
    other.restore(saved);
    for (let i = 0; i < 8; i++) {
      const [a, b] = [env, other].map((e) => e.step(push(e, 0.05 * (-1) ** i)));
      expect([...a![0], a![1]]).toEqual([...b![0], b![1]]);
    }
    expect([...env.reset()[0]]).toEqual([...other.reset()[0]]);
  });

  it("moves under applied forces as under the same push, until a reset takes them off", () => {
    const [pushed, acted] = [fresh() as Env<unknown>, fresh() as Env<unknown>];
    for (const env of [pushed, acted]) env.reset({ seed: 2 });
    const force = acted.actionForceN(push(acted, 0.1));
    pushed.applyForces!([
      force - pushed.actionForceN(push(pushed, 0)),
      ...pushed.state().qpos.slice(1).fill(0),
    ]);
    for (let i = 0; i < 5; i++) {
      pushed.step(push(pushed, 0));
      acted.step(push(acted, 0.1));
    }
    expect(pushed.state()).toEqual(acted.state());
    for (const env of [pushed, acted]) env.reset({ seed: 2 });
    for (const env of [pushed, acted]) env.step(push(env, 0));
    expect(pushed.state()).toEqual(acted.state());
    expect(() => pushed.applyForces!([Number.NaN])).toThrow(/expected \d finite numbers/);
  });
});

describe("delay and noise", () => {
  it("an actuator's delay takes each push that many steps later, none before", () => {
    const [late, prompt] = [
      make("InvertedDoublePendulum-v5", { engine: "lagrangian", actuatorDelaySteps: 2, terminates: false }),
      make("InvertedDoublePendulum-v5", { engine: "lagrangian", terminates: false }),
    ];
    for (const env of [late, prompt]) env.reset({ seed: 3 });
    const actions = [0.3, -0.2, 0.1, 0.4, -0.3];
    actions.forEach((action, i) => {
      late.step([action]);
      prompt.step([i < 2 ? 0 : actions[i - 2]!]);
      expect(late.state()).toEqual(prompt.state());
    });
  });

  it("an observation's delay shows the past; reward and end are those of the present", () => {
    const options = { engine: "lagrangian" } as const;
    const [late, prompt] = [
      make("InvertedDoublePendulum-v5", { ...options, observationDelaySteps: 3 }),
      make("InvertedDoublePendulum-v5", options),
    ];
    const seen = [prompt.reset({ seed: 5 })[0]];
    expect([...late.reset({ seed: 5 })[0]]).toEqual([...seen[0]!]);
    for (let i = 1, over = false; !over; i++) {
      const [observation, reward, terminated] = prompt.step([0.5]);
      seen.push(observation);
      const [old, sameReward, sameEnd] = late.step([0.5]);
      expect([...old]).toEqual([...seen[Math.max(0, i - 3)]!]);
      expect([sameReward, sameEnd]).toEqual([reward, terminated]);
      over = terminated;
    }
  });

  it("sensor noise has the deviation asked for, leaves the motion and the next starts alone, and repeats by seed", () => {
    const noise = {
      placeNoiseM: 0.01,
      angleNoiseRad: 0.02,
      velocityNoiseMPerS: 0.03,
      rateNoiseRadPerS: 0.04,
    };
    const run = (options: object) => {
      const env = make("InvertedPendulum-v5", { engine: "lagrangian", terminates: false, ...options });
      const observations = [env.reset({ seed: 6 })[0]];
      for (let i = 0; i < 900; i++) observations.push(env.step([0])[0]);
      const state = env.state();
      env.reset();
      return { observations, state, next: env.state() };
    };
    const [noisy, again, clean] = [run(noise), run(noise), run({})];
    expect(noisy.state).toEqual(clean.state);
    expect(noisy.next).toEqual(clean.next);
    expect(noisy.observations.map((o) => [...o])).toEqual(again.observations.map((o) => [...o]));
    Object.values(noise).forEach((deviation, i) => {
      const errors = noisy.observations.map((o, t) => o[i]! - clean.observations[t]![i]!);
      const squares = errors.reduce((sum, x) => sum + x * x, 0) / errors.length;
      expect(Math.sqrt(squares) / deviation).toBeCloseTo(1, 1);
    });
  });

  it("actuator noise pushes with the deviation asked for", () => {
    const env = make("InvertedPendulum-v5", {
      ...environments.get("InvertedPendulum-v5").ideal,
      engine: "lagrangian",
      cartMassKg: 1e6,
      actuatorNoiseN: 50,
    });
    env.reset({ seed: 1, state: { qpos: [0, 0], qvel: [0, 0] } });
    let squares = 0;
    let before = 0;
    for (let i = 0; i < 1000; i++) {
      env.step([0]);
      const velocity = env.state().qvel[0]!;
      // The pole falls, but moves a cart of 1000 tons by nothing to speak of.
      squares += ((1e6 * (velocity - before)) / 0.02) ** 2 / 1000;
      before = velocity;
    }
    expect(Math.sqrt(squares) / 50).toBeCloseTo(1, 0);
  });

  it("a longer delay in the middle of an episode loses nothing that is on its way", () => {
    const env = make("InvertedPendulum-v5", {
      engine: "lagrangian",
      observationDelaySteps: 1,
      terminates: false,
    });
    const truths = [env.reset({ seed: 0 })[0]];
    const see = () => {
      const [observation] = env.step([0]);
      truths.push(Float32Array.from([...env.state().qpos, ...env.state().qvel]));
      return [...observation];
    };
    expect(see()).toEqual([...truths[0]!]);
    expect(see()).toEqual([...truths[1]!]);
    env.setParameters({ observationDelaySteps: 3 });
    expect(see()).toEqual([...truths[1]!]);
    expect(see()).toEqual([...truths[1]!]);
    expect(see()).toEqual([...truths[2]!]);
    env.setParameters({ observationDelaySteps: 0 });
    expect(see()).toEqual([...truths.at(-1)!]);
  });
});

describe("setParameters", () => {
  it("goes through wrappers, whose times follow", () => {
    const env = wrap(make("InvertedPendulum-v5", { engine: "lagrangian" }), [
      { id: "RepeatAction", repeats: 2 },
      { id: "FrameStack", frames: 2 },
    ]);
    env.reset({ seed: 0, parameters: { timeStepS: 0.01, maxEpisodeSteps: 10 } });
    expect(env.stepSeconds).toBeCloseTo(0.04);
    expect(env.maxEpisodeSteps).toBe(5);
    env.setParameters!({ poleLengthM: 1 });
    expect(env.scene.bodies[1]!.shape).toMatchObject({ lengthM: 1 });
    expect(env.parameters?.poleLengthM).toBe(1);
    env.applyForces!([1, 0]);
  });

  it("refuses a rail that the cart is not on", () => {
    const env = make("InvertedPendulum-v5", { engine: "lagrangian" });
    env.reset({ state: { qpos: [0.9, 0], qvel: [0, 0] } });
    expect(() => env.setParameters({ railHalfLengthM: 0.5 })).toThrow(/x = 0.9 m, off the rail/);
    expect(env.parameters.railHalfLengthM).toBe(1);
    env.step([0]);
  });

  it("has its names and values checked by the compiler", () => {
    const env = make("InvertedPendulum-v5", { engine: "lagrangian" });
    // @ts-expect-error: no such parameter
    expect(() => env.setParameters({ poleMass: 1 })).toThrow(UsageError);
    // @ts-expect-error: a number
    expect(() => env.setParameters({ poleMassKg: "1" })).toThrow(UsageError);
  });
});

describe("forcesOfPoint", () => {
  it("does the work of the force on a small move of the point", () => {
    const { chain } = make("InvertedDoublePendulum-v5", { engine: "lagrangian" });
    const qpos = [0.2, 0.4, -0.9];
    const force = [3, -2] as const;
    const forces = forcesOfPoint(chain, qpos, 2, chain.links[1]!.lengthM, force, new Float64Array(3));
    const h = 1e-6;
    for (let i = 0; i < 3; i++) {
      const at = (sign: number) =>
        tipPosition(
          chain,
          qpos.map((q, j) => (i === j ? q + sign * h : q)),
          new Float64Array(2),
        );
      const [ahead, behind] = [at(1), at(-1)];
      const work = force[0] * (ahead[0]! - behind[0]!) + force[1] * (ahead[1]! - behind[1]!);
      expect(forces[i]).toBeCloseTo(work / (2 * h), 6);
    }
  });
});
