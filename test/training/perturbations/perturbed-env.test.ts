import { describe, expect, it } from "vitest";
import type { Env } from "../../../core/env.ts";
import { UsageError } from "../../../core/errors.ts";
import { make } from "../../../envs/index.ts";
import { perturbations } from "../../../training/perturbations/index.ts";
import { perturbEnv } from "../../../training/perturbations/perturb-env.ts";
import { type PerturbationInput, resolvePerturbation } from "../../../training/perturbations/spec.ts";

const DOUBLE = "InvertedDoublePendulum-v5";

function perturbed(inputs: PerturbationInput[], purpose: "training" | "evaluation" = "evaluation"): Env {
  return perturbEnv(make(DOUBLE, { engine: "lagrangian" }) as Env, inputs.map(resolvePerturbation), purpose);
}

/** Observations, rewards and ends of an episode under a fixed row of actions. */
function run(env: Env, seed: number, steps = 30) {
  const trail = [{ observation: [...env.reset({ seed })[0]], reward: 0, terminated: false }];
  for (let t = 0; t < steps && !trail.at(-1)!.terminated; t++) {
    const [observation, reward, terminated] = env.step(Float32Array.of(0.3 * Math.sin(t)));
    trail.push({ observation: [...observation], reward, terminated });
  }
  return trail;
}

const inEnvironment = perturbations.entries.filter(({ kind }) => kind !== "network");

describe.each(inEnvironment)("$id in an environment", ({ id, kind, scale }) => {
  const purpose = kind === "reward" ? "training" : "evaluation";

  it("is the same for the same seed, also after another episode, and goes on alike from a snapshot", () => {
    const env = perturbed(
      [{ axis: id, level: scale[2], schedule: kindHasSchedule(id) ? "walk" : "constant" }],
      purpose,
    );
    const first = run(env, 5);
    run(env, 6);
    expect(run(env, 5)).toEqual(first);
    env.reset({ seed: 7 });
    for (let t = 0; t < 3; t++) env.step(Float32Array.of(0.1));
    const saved = JSON.parse(JSON.stringify(env.snapshot()));
    const rest = () => Array.from({ length: 3 }, () => env.step(Float32Array.of(-0.1)).slice(0, 3));
    const wanted = rest();
    env.restore(saved);
    expect(rest()).toEqual(wanted);
  });

  it("changes nothing at level 0", () => {
    expect(run(perturbed([{ axis: id, level: 0 }], purpose), 3)).toEqual(run(perturbed([]), 3));
  });
});

function kindHasSchedule(id: string): boolean {
  return perturbations.get(id).scheduled !== false;
}

describe("perturbations", () => {
  it.each(["sensor-noise", "sensor-bias", "sensor-delay", "sensor-stuck", "sensor-dropout"])(
    "%s never touches reward or termination",
    (axis) => {
      const told = run(perturbed([{ axis, severity: 5 }]), 11).map(({ reward, terminated }) => [
        reward,
        terminated,
      ]);
      const true_ = run(perturbed([]), 11).map(({ reward, terminated }) => [reward, terminated]);
      expect(told).toEqual(true_);
    },
  );

  it("act one after another, each with numbers of its own", () => {
    const one = run(perturbed([{ axis: "sensor-noise", level: 0.1 }]), 2)[1]!.observation;
    const two = run(
      perturbed([
        { axis: "sensor-noise", level: 0.1 },
        { axis: "sensor-noise", level: 0.1 },
      ]),
      2,
    )[1]!.observation;
    const clean = run(perturbed([]), 2)[1]!.observation;
    expect(two[0]! - clean[0]!).not.toBeCloseTo(2 * (one[0]! - clean[0]!), 3);
    expect(two).not.toEqual(one);
  });

  it("a push gives the cart's system its impulse: newton-seconds, no more and no less", () => {
    const free = {
      cartDampingNsPerM: 0,
      hingeDampingNms: 0,
      sideGravityMPerS2: 0,
      railHalfLengthM: null,
      timeStepS: 0.002,
      frameSkip: 5,
    };
    // Hanging straight down from rest, nothing but the push moves the common centre of mass along the rail.
    const start = { qpos: [0, Math.PI, 0], qvel: [0, 0, 0] };
    for (const body of [0, 1, 2]) {
      const env = perturbEnv(make(DOUBLE, { engine: "lagrangian", ...free, terminates: false }) as Env, [
        resolvePerturbation({ axis: "push", level: 3, atS: 0.02, durationS: 0.03, body }),
      ]);
      const { cartMassKg, pole1MassKg, pole2MassKg } = env.parameters as Record<string, number>;
      env.reset({ seed: 0, state: start });
      for (let t = 0; t < 10; t++) env.step(Float32Array.of(0));
      const { qpos, qvel } = env.state();
      const [x, w1, w2] = qvel as [number, number, number];
      const [, a, b] = qpos as [number, number, number];
      const momentum =
        cartMassKg! * x +
        pole1MassKg! * (x + 0.3 * Math.cos(a) * w1) +
        pole2MassKg! * (x + 0.6 * Math.cos(a) * w1 + 0.3 * Math.cos(a + b) * (w1 + w2));
      expect(momentum).toBeCloseTo(3, 5);
    }
  });

  it("body axes scale the environment's own parameters, back to nominal at the next episode of a step schedule", () => {
    const env = perturbed([
      { axis: "pole-mass", level: 0.5, schedule: { kind: "step", atS: 0.1 } },
      { axis: "pole-mass", level: 1 },
    ]);
    env.reset({ seed: 0 });
    const nominal = perturbed([]).parameters as Record<string, number>;
    expect(env.parameters).toMatchObject({ pole1MassKg: 2 * nominal.pole1MassKg! });
    for (let t = 0; t < 3; t++) env.step(Float32Array.of(0));
    expect(env.parameters).toMatchObject({
      pole2MassKg: 3 * nominal.pole2MassKg!,
      cartMassKg: nominal.cartMassKg,
    });
    env.reset({ seed: 1 });
    expect(env.parameters).toMatchObject({ pole1MassKg: 2 * nominal.pole1MassKg! });
  });

  it("noise on the told reward is for training only, and leaves the true one in the info", () => {
    expect(() => perturbed([{ axis: "reward-noise", level: 1 }])).toThrow(UsageError);
    const env = perturbed([{ axis: "reward-noise", level: 1 }], "training");
    env.reset({ seed: 0 });
    const clean = perturbed([]);
    clean.reset({ seed: 0 });
    const [, told, , , info] = env.step(Float32Array.of(0));
    const [, earned] = clean.step(Float32Array.of(0));
    expect(info.nativeReward).toBe(earned);
    expect(told).not.toBe(earned);
  });

  it.each([
    [{ axis: "sensor-noise", level: 1, dimensions: [9] }, "dimension 9, expected 0 to 8"],
    [{ axis: "actuator-noise", level: 1, dimensions: [1] }, "dimension 1, expected 0 to 0"],
  ])("%o is refused in words", (input, message) => {
    expect(() => perturbed([input])).toThrow(message);
  });

  it("actuators of numbered choices are refused", () => {
    const env = make("CartPole-v1") as Env<unknown>;
    expect(() => perturbEnv(env, [resolvePerturbation({ axis: "actuator-noise", level: 1 })])).toThrow(
      UsageError,
    );
  });
});
