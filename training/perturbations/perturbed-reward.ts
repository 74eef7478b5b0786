import type { Env, Info, ResetOptions, StepResult } from "../../core/env.ts";
import { Wrapper } from "../../envs/wrappers/wrapper.ts";
import type { Placed } from "./channel-row.ts";
import type { RewardDefinition } from "./definition.ts";
import { Lane, type LaneState } from "./lane.ts";

type OwnState = { readonly steps: number; readonly lanes: readonly LaneState[] };

/** A learner is told another reward than it earned; for training only. The true one is in `info.nativeReward`. */
export class PerturbedReward<A = Float32Array> extends Wrapper<A> {
  readonly #rewards: readonly { readonly lane: Lane; readonly definition: RewardDefinition }[];
  #steps = 0;

  constructor(env: Env<A>, rewards: readonly Placed<RewardDefinition>[]) {
    super("perturbed reward", env);
    this.#rewards = rewards.map(({ definition, spec, at }) => ({ definition, lane: new Lane(spec, at) }));
  }

  override reset(options?: ResetOptions): [observation: Float32Array, info: Info] {
    this.#steps = 0;
    for (const { lane } of this.#rewards) lane.start(options?.seed);
    return this.env.reset(options);
  }

  override step(action: A): StepResult {
    const [observation, reward, terminated, truncated, info] = this.env.step(action);
    let told = reward;
    for (const { lane, definition } of this.#rewards) {
      const level = lane.level(this.#steps * this.stepSeconds);
      told = definition.apply(told, level, lane.rng);
    }
    this.#steps++;
    return [observation, told, terminated, truncated, { nativeReward: reward, ...info }];
  }

  protected override saveOwn(): Readonly<Record<string, unknown>> {
    return { steps: this.#steps, lanes: this.#rewards.map(({ lane }) => lane.save()) };
  }

  protected override loadOwn(own: Readonly<Record<string, unknown>>): void {
    const { steps, lanes } = own as unknown as OwnState;
    this.#steps = steps;
    this.#rewards.forEach(({ lane }, i) => {
      lane.load(lanes[i]!);
    });
  }
}
