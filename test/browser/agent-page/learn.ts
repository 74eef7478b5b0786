import type { OffPolicyAgent } from "../../../agents/algorithm.ts";
import { makeAgent } from "../../../agents/index.ts";
import { Rng } from "../../../core/rng.ts";
import { make } from "../../../envs/index.ts";
import { useKernels } from "../../../kernels/load.ts";
import { makeEncoder } from "../../../neurons/encoders/index.ts";
import { makeNeuron } from "../../../neurons/index.ts";

const WINDOW = 2;
const BATCH = 16;

export interface LearningResult {
  readonly simd: string;
  readonly rewards: readonly number[];
  readonly losses: readonly number[];
}

/** A little of everything a training run does, from the seed alone: the same program in Node and in a browser. */
export async function learn(): Promise<LearningResult> {
  // The level that rounds alike everywhere.
  const host = await useKernels({ simd: "strict" });
  const env = make("InvertedDoublePendulum-v5");
  let [observation] = env.reset({ seed: 1 });
  const size = observation.length;
  const agent = makeAgent(
    "sac",
    {
      neuron: makeNeuron("hh-published"),
      encoder: makeEncoder("latest-window", { window: WINDOW }),
      observationSize: size,
      actionSize: 1,
      choices: null,
      population: 32,
      hidden: [32],
    },
    { batchSize: BATCH, criticHidden: [32] },
    new Rng("agent"),
  ) as OffPolicyAgent;
  const rng = new Rng("run");
  const moment = { rng, progress: 0 };
  const batch = {
    batch: BATCH,
    steps: 1,
    burnIn: 0,
    observation: new Float32Array(WINDOW * BATCH * size),
    nextObservation: new Float32Array(WINDOW * BATCH * size),
    action: new Float32Array(BATCH),
    reward: new Float32Array(BATCH),
    discount: new Float32Array(BATCH),
    memory: new Float32Array(0),
    starts: new Float32Array(BATCH),
  };
  const rewards: number[] = [];
  const losses: number[] = [];
  const action = new Float32Array(1);
  const window = new Float32Array(WINDOW * size);
  for (let step = 0; step < 80; step++) {
    for (let w = 0; w < WINDOW; w++) window.set(observation, w * size);
    agent.act(window, 1, moment, action);
    const [next, reward, terminated, truncated] = env.step(action);
    const b = step % BATCH;
    for (let w = 0; w < WINDOW; w++) {
      batch.observation.set(observation, (w * BATCH + b) * size);
      batch.nextObservation.set(next, (w * BATCH + b) * size);
    }
    batch.action.set(action, b);
    batch.reward[b] = reward;
    batch.discount[b] = terminated ? 0 : 0.99;
    observation = terminated || truncated ? env.reset()[0] : next;
    rewards.push(reward);
    if (step >= BATCH) losses.push(agent.update(batch, moment).criticLoss ?? Number.NaN);
  }
  agent.dispose();
  return { simd: host.simd, rewards, losses };
}
