import { z } from "zod";
import type { Moment, OffPolicyAgent, UpdateMetrics } from "../agents/algorithm.ts";
import type { TransitionBatch } from "../agents/experience.ts";
import { parse } from "../core/parse.ts";
import type { Rng } from "../core/rng.ts";
import type { CollectedStep } from "./collector.ts";
import type { Learning, LearningShape, LearningSnapshot } from "./learning.ts";
import { ReplayBuffer } from "./replay-buffer.ts";

const stateSchema = z.strictObject({ size: z.number().int().min(0), cursor: z.number().int().min(0) });

/** Off-policy: every step goes into a replay buffer, every few steps a few updates are made from samples of it. */
export class ReplayLearning implements Learning {
  readonly #agent: OffPolicyAgent;
  readonly #buffer: ReplayBuffer;
  readonly #batch: TransitionBatch;
  /** Draws the samples. */
  readonly #rng: Rng;
  #updates = 0;

  constructor(agent: OffPolicyAgent, shape: LearningShape, rng: Rng) {
    const { bufferCapacity, batchSize, sequence, burnIn } = agent.replay;
    this.#agent = agent;
    this.#buffer = new ReplayBuffer({
      ...shape,
      capacity: bufferCapacity,
      memorySize: agent.restMemory.length,
    });
    this.#batch = this.#buffer.allocateBatch({ ...agent.replay, batch: batchSize, steps: sequence, burnIn });
    this.#rng = rng;
  }

  get updates(): number {
    return this.#updates;
  }

  isRandom(step: number): boolean {
    return step <= this.#agent.replay.randomSteps;
  }

  learn(collected: CollectedStep, step: number, moment: Moment): UpdateMetrics | undefined {
    const { learnFrom, updateEvery, updatesPerStep, sequence, burnIn } = this.#agent.replay;
    const buffer = this.#buffer;
    buffer.add(collected);
    this.#updates = 0;
    if (buffer.size < learnFrom || !buffer.holds(sequence + burnIn) || step % updateEvery !== 0)
      return undefined;
    let first: UpdateMetrics | undefined;
    for (; this.#updates < updatesPerStep; this.#updates++) {
      buffer.sample(this.#rng, this.#batch, this.#agent.replay);
      const metrics = this.#agent.update(this.#batch, moment);
      first ??= metrics;
    }
    return first;
  }

  snapshot(): LearningSnapshot {
    return this.#buffer.snapshot();
  }

  restore({ arrays, state }: LearningSnapshot): void {
    this.#buffer.restore({ arrays, state: parse(stateSchema, state, "checkpoint: replay buffer") });
  }
}
