import { beforeAll, beforeEach, expect, test } from "vitest";
import { Rng } from "../../core/rng.ts";
import { useKernels } from "../../kernels/load.ts";
import { assembleAgent, assembleEnvironment } from "../../training/assemble.ts";
import { parseRunConfig } from "../../training/config.ts";
import type { PolicyFile } from "../../training/policy-file.ts";
import { LiveSession } from "../../viewer/live/live-session.ts";
import { RollingReplay } from "../../viewer/live/rolling-replay.ts";

const config = parseRunConfig({
  preset: "none",
  seed: 3,
  environment: { id: "InvertedDoublePendulum-v5" },
  algorithm: { id: "sac" },
  policy: {
    neuron: { id: "hh-published" },
    encoder: { id: "latest-window" },
    population: 12,
    hidden: [8],
  },
  training: {},
});

let policy: PolicyFile;
let session: LiveSession;

beforeAll(async () => {
  await useKernels();
  const env = assembleEnvironment(config);
  const agent = assembleAgent(config, env, new Rng(3).split("agent"));
  policy = { config, learner: agent.snapshot(), facts: {} };
  agent.dispose();
  env.close();
});

beforeEach(() => {
  session = new LiveSession(policy, "lagrangian", 1, "test");
  return () => session.close();
});

const place = () => session.env.state().qpos[0]!;

test("a push moves the cart its way and is marked in the step it acts in", () => {
  const still = new LiveSession(policy, "lagrangian", 1, "test");
  session.push(200);
  const step = session.step();
  still.step();
  expect(step.events).toContainEqual({ kind: "push", label: "push on the cart", value: 200 });
  expect(place()).toBeGreaterThan(still.env.state().qpos[0]! + 1e-3);
  expect(session.step().events).toEqual([]);
  still.close();
});

test("a hand pulls what it holds towards itself with a force it tells, and lets go", () => {
  // The policy is untrained: its own pushes would drown the hand's.
  session.set({ gearN: 0 });
  for (let i = 0; i < 40; i++) {
    session.hold({ link: 0, heightM: 0, x: 0.6, z: 0 });
    expect(session.step().handN).toBeGreaterThanOrEqual(0);
  }
  const pulled = place();
  const free = new LiveSession(policy, "lagrangian", 1, "test");
  free.set({ gearN: 0 });
  for (let i = 0; i < 40; i++) free.step();
  expect(Math.abs(pulled - 0.6)).toBeLessThan(Math.abs(free.env.state().qpos[0]! - 0.6));
  session.hold(undefined);
  expect(session.step().handN).toBeNull();
  free.close();
});

test("a pole can be held up by its end while the policy does nothing sensible", () => {
  let angle = 0;
  for (let i = 0; i < 60; i++) {
    const x = place();
    session.hold({ link: 2, heightM: 0.6, x, z: 1.4 });
    session.step();
    const { qpos } = session.env.state();
    angle = Math.max(angle, Math.abs(qpos[1]! + qpos[2]!));
  }
  expect(angle).toBeLessThan(Math.PI / 2);
});

test("a fall is marked once, watched, and then a new episode starts", () => {
  const steps = Array.from({ length: 200 }, () => session.step());
  const failures = steps.filter(({ events }) => events.some(({ kind }) => kind === "failure"));
  const ends = steps.filter(({ end }) => end !== undefined);
  expect(failures.length).toBeGreaterThan(0);
  for (const { episode } of ends) {
    expect(failures.filter((step) => step.episode === episode)).toHaveLength(1);
  }
  expect(steps.at(-1)!.episode).toBe(ends.length);
});

test("parameters change the body at once; neurons that are cut off come back", () => {
  session.set({ cartMassKg: 30 });
  expect(session.env.parameters).toMatchObject({ cartMassKg: 30 });
  expect(() => session.set({ cartMasKg: 3 })).toThrow(/cartMassKg/);
  const heads = () => session.agent.snapshot().arrays["actor/heads"]!.values;
  const before = heads();
  session.lesion(0.5);
  expect(heads()).not.toEqual(before);
  session.lesion(0);
  expect(heads()).toEqual(before);
});

test("the rolling replay always holds the last seconds, with what happened in them", () => {
  const rolling = new RollingReplay(session.header, 3);
  const kept = 3 / session.header.stepSeconds;
  for (let i = 0; i < 250; i++) {
    const step = session.step();
    rolling.add(step);
    const { frames, layers, episodes, durationSeconds, startSeconds } = rolling.replay("x");
    expect(frames.count).toBeLessThanOrEqual(kept);
    expect(durationSeconds - startSeconds).toBeCloseTo(frames.count * session.header.stepSeconds, 9);
    expect(episodes.at(-1)!.endFrame).toBe(frames.count);
    const last = frames.final[frames.count - 1] === 1 ? frames.count - 2 : frames.count - 1;
    expect(Array.from(frames.poses.subarray(9 * last, 9 * last + 9))).toEqual(Array.from(step.before.poses));
    expect(frames.rewards[last]).toBe(step.reward);
    const traces = layers[0]!.traces.length / frames.count;
    expect(layers[0]!.traces.subarray(last * traces, (last + 1) * traces)).toEqual(step.traces);
  }
});
