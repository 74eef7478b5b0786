import { z } from "zod";
import type { Env, StepResult } from "../../core/env.ts";
import { parse } from "../../core/parse.ts";
import { loadNumbers, saveNumbers } from "../exact-numbers.ts";
import { defineWrapper } from "./definition.ts";
import { type MomentsState, RunningMoments } from "./running-moments.ts";
import { Wrapper } from "./wrapper.ts";

const parameters = z.strictObject({
  gamma: z.number().min(0).max(1).default(0.99).describe("discount of the running return"),
  epsilon: z.number().positive().default(1e-8).describe("added to the variance under the root"),
  updates: z
    .boolean()
    .default(true)
    .describe("whether the statistics go on; false: evaluation with those that are there"),
});

interface OwnState {
  readonly moments: MomentsState;
  readonly discountedReturn: Parameters<typeof loadNumbers>[0];
  readonly updates: boolean;
}

/**
 * Rewards divided by the standard deviation of a running discounted return:
 *
 *     G = gamma (1 - terminated) G + r;   r' = r / sqrt(Var(G) + epsilon)
 *
 * as Gymnasium does it: the mean is not taken off, G goes on through truncation and `reset`, and the reward of a step that
 * terminates is still in the G of the next episode's first step. `rewardThreshold` stays that of the plain rewards.
 */
export class NormalizeReward<A = Float32Array> extends Wrapper<A> {
  readonly #moments = new RunningMoments(1);
  readonly #gamma: number;
  readonly #epsilon: number;
  #discountedReturn = 0;
  updates: boolean;

  constructor(env: Env<A>, options: z.input<typeof parameters> = {}) {
    const { gamma, epsilon, updates } = parse(parameters, options, "NormalizeReward");
    super("NormalizeReward", env);
    this.#gamma = gamma;
    this.#epsilon = epsilon;
    this.updates = updates;
  }

  /** What has been learnt of the returns. */
  get statistics(): MomentsState {
    return this.#moments.save();
  }

  set statistics(statistics: MomentsState) {
    this.#moments.load(statistics);
  }

  override step(action: A): StepResult {
    const [observation, reward, terminated, truncated, info] = this.env.step(action);
    this.#discountedReturn = this.#gamma * (terminated ? 0 : this.#discountedReturn) + reward;
    if (this.updates) this.#moments.add([this.#discountedReturn]);
    const scale = Math.sqrt(this.#moments.variance[0]! + this.#epsilon);
    return [observation, reward / scale, terminated, truncated, info];
  }

  protected override saveOwn(): Readonly<Record<string, unknown>> {
    return {
      moments: this.#moments.save(),
      discountedReturn: saveNumbers([this.#discountedReturn]),
      updates: this.updates,
    };
  }

  protected override loadOwn(own: Readonly<Record<string, unknown>>): void {
    const { moments, discountedReturn, updates } = own as unknown as OwnState;
    this.#moments.load(moments);
    this.#discountedReturn = loadNumbers(discountedReturn)[0]!;
    this.updates = updates;
  }
}

export const normalizeReward = defineWrapper({
  id: "NormalizeReward",
  summary: "Divides rewards by the standard deviation of a running discounted return.",
  references: ["Gymnasium, NormalizeReward, https://gymnasium.farama.org/api/wrappers/reward_wrappers/"],
  parameters,
  wrap: (env, options) => new NormalizeReward(env, options as z.input<typeof parameters>),
});
