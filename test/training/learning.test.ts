import { beforeAll, describe, expect, it } from "vitest";
import { makeAgent } from "../../agents/index.ts";
import type { ActorShape } from "../../agents/spiking-actor.ts";
import { UsageError } from "../../core/errors.ts";
import { Rng } from "../../core/rng.ts";
import { useKernels } from "../../kernels/load.ts";
import { makeEncoder } from "../../neurons/encoders/index.ts";
import { makeNeuron } from "../../neurons/index.ts";
import { assembleLearning, sizesOf } from "../../training/assemble.ts";
import { Collector } from "../../training/collector.ts";
import { evaluate } from "../../training/evaluator.ts";
import { SIGN_STEPS, SignEnv } from "./sign-env.ts";

beforeAll(async () => {
  await useKernels();
});

type Actions = "continuous" | "choices";

interface Setting {
  readonly lanes?: number;
  /** The sign is shown once and has to be remembered. */
  readonly remember?: boolean;
  readonly policy?: Partial<ActorShape>;
}

function makeLearner(
  algorithm: string,
  actions: Actions,
  settings: Record<string, unknown>,
  { lanes = 1, remember = false, policy = {} }: Setting = {},
) {
  const envs = Array.from({ length: lanes }, () => new SignEnv(actions, remember ? "once" : "always"));
  const shape = {
    ...sizesOf(envs[0]!),
    neuron: makeNeuron("lif"),
    encoder: makeEncoder("latest-window", { window: 1, repeat: 5 }),
    population: 32,
    hidden: [16],
    ...policy,
  };
  const agent = makeAgent(algorithm, shape, settings, new Rng("learning"));
  const collector = new Collector(envs, { agent, seed: 1 });
  const learning = assembleLearning(agent, { ...sizesOf(envs[0]!), window: 1, lanes }, new Rng("sample"));
  return { agent, collector, learning };
}

const FAST = { actorLearningRate: 3e-3, criticLearningRate: 3e-3, criticHidden: [16], gamma: 0.5 };
const REPLAY = { randomSteps: 200, batchSize: 32 };

const SPIKING_CRITIC = {
  neuron: makeNeuron("lif"),
  encoder: makeEncoder("latest-window", { window: 1, repeat: 5 }),
  population: 32,
};
const FIRST_LAYER = { name: "first", kind: "dense", parameters: { units: 24 }, neuron: makeNeuron("alif") };

const CASES: [string, Actions, Record<string, unknown>, Setting & { steps: number }][] = [
  ["sac", "continuous", { ...FAST, ...REPLAY, temperature: 0.02 }, { steps: 1000 }],
  [
    "sac",
    "continuous",
    { ...FAST, ...REPLAY, temperature: "learned", temperatureLearningRate: 1e-2, targetEntropy: -3 },
    { steps: 1200 },
  ],
  ["td3", "continuous", { ...FAST, ...REPLAY }, { steps: 2000 }],
  ["td3", "continuous", { ...FAST, ...REPLAY }, { steps: 2000, policy: { critic: SPIKING_CRITIC } }],
  [
    "ppo",
    "choices",
    { ...FAST, rolloutSteps: 64, batchSize: 64 },
    { steps: 2000, lanes: 4, policy: { layers: [FIRST_LAYER], averaging: 0.2 } },
  ],
  ["ppo", "continuous", { ...FAST, rolloutSteps: 64, batchSize: 64 }, { steps: 5000, lanes: 4 }],
  [
    "ppo",
    "choices",
    { ...FAST, rolloutSteps: 64, batchSize: 64, clipValue: 0.5, targetKl: 0.1 },
    { steps: 2000, lanes: 4 },
  ],
  ["dqn", "choices", { learningRate: 3e-3, gamma: 0.5, ...REPLAY, nStep: 2 }, { steps: 800 }],
  [
    "dqn",
    "choices",
    { learningRate: 3e-3, gamma: 0.5, ...REPLAY, double: false, dueling: false },
    { steps: 800, lanes: 2 },
  ],
];

describe("a trivial environment is solved", () => {
  it.each(CASES)("by %s with %s actions, %#: %j", (algorithm, actions, settings, setting) => {
    // Always answering 0 earns 0.64, a coin -1 with two choices.
    expect(learnt(algorithm, actions, settings, setting)).toBeGreaterThan(0.95);
  });
});

/** Trains, and evaluates on other starts: the mean reward of a step. */
function learnt(
  algorithm: string,
  actions: Actions,
  settings: Record<string, unknown>,
  { steps, ...setting }: Setting & { steps: number },
): number {
  const { agent, collector, learning } = makeLearner(algorithm, actions, settings, setting);
  const rng = new Rng("run");
  for (let step = 1; step <= steps; step++) {
    const moment = { rng, progress: step / steps };
    learning.learn(collector.step(moment, learning.isRandom(step)), step, moment);
  }
  const makeEnv = () => new SignEnv(actions, setting.remember ? "once" : "always");
  const results = evaluate(agent, { makeEnv, firstSeed: 50, episodes: 20 });
  agent.dispose();
  const sums = results.map(({ return: value, length }) => value / length);
  return sums.reduce((sum, value) => sum + value, 0) / sums.length;
}

/** Leaky neurons that forget slowly. */
const CARRYING: Partial<ActorShape> = {
  neuron: makeNeuron("lif", { decay: 0.97, reset: "none", threshold: 0.5 }),
  state: "episode",
};
const REMEMBER = { remember: true, policy: CARRYING };
const SEQUENCES = { sequence: 4, burnIn: 2, randomSteps: 200, batchSize: 16 };

const REMEMBERED: [string, Record<string, unknown>, Setting & { steps: number }][] = [
  ["ppo", { ...FAST, rolloutSteps: 32, batchSize: 64 }, { ...REMEMBER, steps: 3000, lanes: 4 }],
  ["dqn", { learningRate: 3e-3, gamma: 0.5, ...SEQUENCES }, { ...REMEMBER, steps: 700, lanes: 2 }],
  ["dqn", { learningRate: 3e-3, gamma: 0.5, nStep: 3, ...SEQUENCES }, { ...REMEMBER, steps: 900, lanes: 2 }],
];

describe("what was shown at the start of the episode only", () => {
  it.each(REMEMBERED)(
    "is remembered by neurons that go on through it: %s, %j",
    (algorithm, settings, setting) => {
      expect(learnt(algorithm, "choices", settings, setting)).toBeGreaterThan(0.9);
    },
  );

  it("is not by neurons that are at rest at the start of every decision", () => {
    const [algorithm, settings, setting] = REMEMBERED[1]!;
    const resting = { ...setting, policy: { ...CARRYING, state: "reset" as const } };
    expect(learnt(algorithm, "choices", settings, resting)).toBeLessThan(0.5);
  });
});

describe("neurons that go on through the episode learn a trivial environment too", () => {
  it.each([
    ["sac", { ...FAST, ...SEQUENCES, temperature: 0.02 }, 600],
    ["td3", { ...FAST, ...SEQUENCES }, 800],
  ] as const)("%s", (algorithm, settings, steps) => {
    expect(
      learnt(algorithm, "continuous", settings, { steps, policy: { state: "episode" } }),
    ).toBeGreaterThan(0.9);
  });
});

describe("algorithms and actions", () => {
  it.each([
    ["sac", "choices", "dqn or ppo"],
    ["td3", "choices", "dqn or ppo"],
    ["dqn", "continuous", "sac, td3 or ppo"],
  ] as const)("%s refuses %s actions and names what takes them", (algorithm, actions, others) => {
    expect(() => makeLearner(algorithm, actions, {})).toThrow(UsageError);
    expect(() => makeLearner(algorithm, actions, {})).toThrow(others);
  });
});

describe("several environments", () => {
  it("decide together and step in turns, each with its own episodes", () => {
    const { agent, collector } = makeLearner("sac", "continuous", {}, { lanes: 3 });
    const moment = { rng: new Rng("run"), progress: 0 };
    const seen = Array.from({ length: 3 * SIGN_STEPS }, () => {
      const { lane, age, ended } = collector.step(moment, false);
      return { lane, age, ended };
    });
    agent.dispose();
    seen.forEach(({ lane, age, ended }, i) => {
      expect({ lane, age, ended }).toEqual({
        lane: i % 3,
        age: Math.floor(i / 3),
        ended: Math.floor(i / 3) === SIGN_STEPS - 1,
      });
    });
  });
});
