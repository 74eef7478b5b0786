import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OffPolicyAgent } from "../../agents/algorithm.ts";
import type { TransitionBatch } from "../../agents/experience.ts";
import { makeAgent } from "../../agents/index.ts";
import { Rng } from "../../core/rng.ts";
import { useKernels } from "../../kernels/load.ts";
import { makeEncoder } from "../../neurons/encoders/index.ts";
import { makeNeuron, neurons } from "../../neurons/index.ts";

const WINDOW = 2;
const OBSERVATION = 3;
const BATCH = 16;

beforeAll(async () => {
  await useKernels();
});

let tensors = 0;
beforeEach(() => {
  tensors = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensors);
});

function agentOf(neuron: string, settings: Record<string, unknown> = {}, observationSize = OBSERVATION) {
  return makeAgent(
    "sac",
    {
      neuron: makeNeuron(neuron),
      encoder: makeEncoder("latest-window", { window: WINDOW, repeat: 3 }),
      observationSize,
      actionSize: 1,
      choices: null,
      population: 16,
      hidden: [16, 16],
    },
    { criticHidden: [16, 16], batchSize: BATCH, ...settings },
    new Rng("agent"),
  ) as OffPolicyAgent;
}

function randomBatch(rng: Rng): TransitionBatch {
  const fill = (n: number) => {
    const values = new Float32Array(n);
    rng.fillNormal(values);
    return values;
  };
  return {
    batch: BATCH,
    steps: 1,
    burnIn: 0,
    observation: fill(WINDOW * BATCH * OBSERVATION),
    nextObservation: fill(WINDOW * BATCH * OBSERVATION),
    action: fill(BATCH).map(Math.tanh),
    reward: fill(BATCH),
    discount: new Float32Array(BATCH).fill(0.99),
    memory: new Float32Array(0),
    starts: new Float32Array(BATCH),
  };
}

/** Two-sided: the action should follow the sign of the observation's first number; one step an episode. */
function followTheSign(rng: Rng, batch: TransitionBatch): void {
  rng.fillUniform(batch.observation, -1, 1);
  rng.fillUniform(batch.action, -1, 1);
  const newest = (WINDOW - 1) * BATCH * OBSERVATION;
  for (let b = 0; b < BATCH; b++) {
    const wanted = Math.sign(batch.observation[newest + b * OBSERVATION]!) * 0.6;
    batch.reward[b] = -10 * (batch.action[b]! - wanted) ** 2;
    batch.discount[b] = 0;
  }
}

describe("sac", () => {
  it.each(neurons.ids)(
    "with %s neurons: the same seed gives the same bits, and a restored copy goes on alike",
    (neuron) => {
      const run = (
        updates: number,
        from?: ReturnType<ReturnType<typeof agentOf>["snapshot"]>,
        rng = new Rng("run"),
      ) => {
        const agent = agentOf(neuron);
        if (from !== undefined) agent.restore(from);
        for (let i = 0; i < updates; i++) agent.update(randomBatch(rng), { rng, progress: 0 });
        const snapshot = agent.snapshot();
        agent.dispose();
        return { snapshot, rng };
      };
      const whole = run(6);
      expect(run(6).snapshot).toEqual(whole.snapshot);
      const half = run(3);
      expect(run(3, half.snapshot, half.rng).snapshot).toEqual(whole.snapshot);
    },
  );

  it("learns to follow the sign of its input", () => {
    const agent = agentOf("lif", { actorLearningRate: 1e-3, criticLearningRate: 3e-3, temperature: 0.01 });
    const rng = new Rng("sign");
    const batch = randomBatch(rng);
    for (let i = 0; i < 1500; i++) {
      followTheSign(rng, batch);
      agent.update(batch, { rng, progress: 0 });
    }
    followTheSign(rng, batch);
    const actions = new Float32Array(BATCH);
    agent.act(batch.observation, BATCH, null, actions);
    agent.dispose();
    const newest = (WINDOW - 1) * BATCH * OBSERVATION;
    const cost = actions.map(
      (a, b) => (a - 0.6 * Math.sign(batch.observation[newest + b * OBSERVATION]!)) ** 2,
    );
    const meanCost = cost.reduce((sum, c) => sum + c, 0) / BATCH;
    // Random actions cost 0.69 on average, always answering zero 0.36.
    expect(meanCost).toBeLessThan(0.3);
  });

  it("bootstraps through a time limit and not through a termination", () => {
    // Reward 1 for ever: the value tends to 1 / (1 - gamma) = 10 without terminations, to 1 with.
    const valueAfterTraining = (terminated: number) => {
      const agent = agentOf("lif", { gamma: 0.9, temperature: 0, criticLearningRate: 3e-3, tau: 0.05 });
      const rng = new Rng("value");
      for (let i = 0; i < 800; i++) {
        const batch = randomBatch(rng);
        batch.reward.fill(1);
        batch.discount.fill(terminated === 1 ? 0 : 0.9);
        agent.update(batch, { rng, progress: 0 });
      }
      const { value } = agent.trace(new Float32Array(WINDOW * OBSERVATION), []);
      agent.dispose();
      return value;
    };
    expect(valueAfterTraining(1)).toBeCloseTo(1, 0);
    expect(valueAfterTraining(0)).toBeGreaterThan(7);
  });

  it("a trace takes the same decision as act, and its spikes are zeros and ones", () => {
    const agent = agentOf("hh-published");
    const window = randomBatch(new Rng("trace")).observation.slice(0, WINDOW * OBSERVATION);
    const action = new Float32Array(1);
    agent.act(window, 1, null, action);
    const trace = agent.trace(window, [2, 5]);
    agent.dispose();
    expect(trace.action[0]).toBeCloseTo(action[0]!, 6);
    expect(trace.spikes).toHaveLength(6 * 16);
    expect(trace.spikes.every((s) => s === 0 || s === 1)).toBe(true);
    expect(trace.variables).toHaveLength(6 * 2 * 4);
  });

  it("stops at a loss that is not finite, and says which", () => {
    const agent = agentOf("lif");
    const batch = randomBatch(new Rng("nan"));
    batch.reward[3] = Number.NaN;
    expect(() => agent.update(batch, { rng: new Rng("nan"), progress: 0 })).toThrow(
      "sac: criticLoss is NaN at update 1",
    );
    agent.dispose();
  });

  it("refuses the weights of another network and keeps its own", () => {
    const agent = agentOf("lif");
    const before = agent.snapshot();
    const other = agentOf("lif", {}, 5);
    expect(() => agent.restore(other.snapshot())).toThrow(
      /"actor\/body" is \[\d+\], expected \[\d+\]; it is of another network/,
    );
    expect(agent.snapshot()).toEqual(before);
    agent.dispose();
    other.dispose();
  });
});
