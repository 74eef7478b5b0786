import { beforeAll, describe, expect, it } from "vitest";
import { makeAgent } from "../../agents/index.ts";
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

function makeLearner(algorithm: string, actions: Actions, settings: Record<string, unknown>, lanes = 1) {
  const envs = Array.from({ length: lanes }, () => new SignEnv(actions));
  const shape = {
    ...sizesOf(envs[0]!),
    neuron: makeNeuron("lif"),
    encoder: makeEncoder("latest-window", { window: 1, repeat: 5 }),
    population: 32,
    hidden: [16],
  };
  const agent = makeAgent(algorithm, shape, settings, new Rng("learning"));
  const collector = new Collector(envs, { agent, window: 1, seed: 1 });
  const learning = assembleLearning(agent, { ...sizesOf(envs[0]!), window: 1, lanes }, new Rng("sample"));
  return { agent, collector, learning };
}

const FAST = { actorLearningRate: 3e-3, criticLearningRate: 3e-3, criticHidden: [16], gamma: 0.5 };
const REPLAY = { randomSteps: 200, batchSize: 32 };

const CASES: [string, Actions, Record<string, unknown>, { steps: number; lanes?: number }][] = [
  ["sac", "continuous", { ...FAST, ...REPLAY, temperature: 0.02 }, { steps: 1000 }],
  [
    "sac",
    "continuous",
    { ...FAST, ...REPLAY, temperature: "learned", temperatureLearningRate: 1e-2, targetEntropy: -3 },
    { steps: 1200 },
  ],
  ["td3", "continuous", { ...FAST, ...REPLAY }, { steps: 2000 }],
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
  it.each(CASES)("by %s with %s actions, %j", (algorithm, actions, settings, { steps, lanes }) => {
    const { agent, collector, learning } = makeLearner(algorithm, actions, settings, lanes);
    const rng = new Rng("run");
    for (let step = 1; step <= steps; step++) {
      const moment = { rng, progress: step / steps };
      learning.learn(collector.step(moment, learning.isRandom(step)), step, moment);
    }
    const results = evaluate(agent, {
      makeEnv: () => new SignEnv(actions),
      window: 1,
      firstSeed: 50,
      episodes: 10,
    });
    agent.dispose();
    const mean = results.reduce((sum, { return: value }) => sum + value, 0) / results.length;
    // Always answering 0 earns 6.4 of 10, a coin -10 of 10.
    expect(mean).toBeGreaterThan(0.95 * SIGN_STEPS);
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
    const { agent, collector } = makeLearner("sac", "continuous", {}, 3);
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
