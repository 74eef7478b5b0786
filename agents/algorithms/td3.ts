import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { UsageError } from "../../core/errors.ts";
import type { Rng } from "../../core/rng.ts";
import { place, storage } from "../../kernels/load.ts";
import type {
  DecisionTrace,
  Moment,
  OffPolicyAgent,
  PopulationDescription,
  ReplaySettings,
  UpdateMetrics,
} from "../algorithm.ts";
import type { TransitionBatch } from "../experience.ts";
import { finite } from "../finite.ts";
import { FollowingActor } from "../following-actor.ts";
import { describeActor, traceDecision } from "../inspect-actor.ts";
import { replayOf, replayShape } from "../replay-settings.ts";
import { scheduleSchema, valueAt } from "../schedule.ts";
import type { Seen } from "../seen.ts";
import { type ActorShape, SpikingActor } from "../spiking-actor.ts";
import { SpikingAgent } from "../spiking-agent.ts";
import { TwinCritics } from "../twin-critics.ts";

export const td3Parameters = z.strictObject({
  ...replayShape,
  tau: z
    .number()
    .min(0)
    .max(1)
    .default(0.005)
    .describe("share by which the targets follow actor and critics at each update of the actor"),
  actorLearningRate: scheduleSchema.default(3e-4).describe("Adam's rate for the actor, or its schedule"),
  criticLearningRate: scheduleSchema.default(3e-4).describe("Adam's rate for the critics, or its schedule"),
  explorationNoise: scheduleSchema
    .default(0.1)
    .describe("standard deviation of the Gaussian added to actions in training, of (-1, 1), or its schedule"),
  targetNoise: z
    .number()
    .min(0)
    .default(0.2)
    .describe(
      "standard deviation of the Gaussian added to the target's action, so that the critics stay smooth",
    ),
  targetNoiseClip: z.number().min(0).default(0.5).describe("that noise is clipped to this"),
  policyDelay: z.number().int().min(1).default(2).describe("critic updates for each update of the actor"),
  rewardScale: z.number().positive().default(1).describe("factor on the reward the critics learn from"),
  criticHidden: z
    .array(z.number().int().min(1))
    .default([128, 128])
    .describe("hidden ReLU units of each critic"),
});

export type Td3Settings = z.output<typeof td3Parameters>;

/**
 * Twin delayed deep deterministic policy gradient (Fujimoto, van Hoof & Meger 2018, "Addressing function approximation
 * error in actor-critic methods"), with the spiking actor and twin critics on the newest observation. One update:
 *
 *   a'     = clip(tanh mu'(x') + clip(eps, -c, c), -1, 1),    eps ~ N(0, target noise^2)
 *   y      = scale r + discount min_i Q'_i(x', a')
 *   L_Q    = sum_i mean (Q_i(x, a) - y)^2
 *   and at every `policyDelay`-th:  L_mu = -mean Q_1(x, tanh mu(x));  targets follow by tau
 *
 * The discount is gamma, and 0 where the task ended: a time limit does not end the bootstrap, a termination does.
 */
export class Td3Agent extends SpikingAgent implements OffPolicyAgent {
  readonly id = "td3";
  readonly learnsFrom = "transitions";
  readonly replay: ReplaySettings;
  readonly settings: Td3Settings;
  readonly actor: SpikingActor;
  readonly #target: FollowingActor;
  readonly #critics: TwinCritics;

  constructor(shape: ActorShape, settings: Td3Settings, rng: Rng) {
    super("td3");
    if (shape.choices !== null) {
      throw new UsageError(
        'algorithm "td3": its actions are continuous; for numbered choices take dqn or ppo',
      );
    }
    this.settings = settings;
    const heads = { members: 1, outputs: shape.actionSize };
    this.actor = new SpikingActor(shape, heads, this.state, rng.split("actor"));
    this.replay = replayOf(settings, this.actor);
    this.#target = new FollowingActor(this.actor, "target/actor", this.state);
    this.#critics = new TwinCritics(shape, settings.criticHidden, this.state, rng.split("critics"));
    // Of the last update of the actor.
    this.state.numbers.policyLoss = 0;
  }

  protected override choose(
    heads: Float32Array,
    batch: number,
    explore: Moment | null,
    out: Float32Array,
  ): void {
    const size = batch * this.actor.shape.actionSize;
    const std = explore === null ? 0 : valueAt(this.settings.explorationNoise, explore.progress);
    for (let i = 0; i < size; i++) {
      const action = Math.tanh(heads[i]!) + (explore === null ? 0 : std * explore.rng.normal());
      out[i] = Math.min(1, Math.max(-1, action));
    }
  }

  update(experience: TransitionBatch, { rng, progress }: Moment): UpdateMetrics {
    const { settings } = this;
    return tf.tidy(() => {
      this.actor.schedule(progress);
      const seen = this.actor.see(experience);

      const y = this.#targets(experience, seen, rng);
      const criticRate = valueAt(settings.criticLearningRate, progress);
      const criticLoss = this.#critics.fit(seen, experience.action, y, criticRate);

      if (this.#critics.updates % settings.policyDelay === 0) {
        this.state.numbers.policyLoss = this.actor.minimise(
          (parameters) => {
            const action = squash(this.actor.forward(seen, parameters));
            return tf.neg(tf.mean(this.#critics.first(seen, action)));
          },
          { learningRate: valueAt(settings.actorLearningRate, progress) },
        );
        this.#target.follow(settings.tau);
        this.#critics.followTargets(settings.tau);
      }
      return finite("td3", this.#critics.updates, { criticLoss, policyLoss: this.state.numbers.policyLoss! });
    });
  }

  greedy(heads: Tensor3D): Tensor {
    return tf.tanh(tf.unstack(heads)[0]!);
  }

  trace(window: Float32Array, neurons: readonly number[], memory?: Float32Array): DecisionTrace {
    const { actionSize } = this.actor.shape;
    return traceDecision(this.actor, window, neurons, memory, (heads, seen) => {
      const action = Float32Array.from({ length: actionSize }, (_, i) => Math.tanh(heads[i]!));
      const value = this.#critics.minimum(seen, tf.tensor2d(action, [1, actionSize]));
      return { action, value: storage(value)[0]! };
    });
  }

  describePopulation(windows: Float32Array, batch: number): PopulationDescription {
    return describeActor(this.actor, windows, batch, (heads) => tf.sum(tf.tanh(heads)));
  }

  /** y, [rows]. */
  #targets({ nextObservation, reward, discount }: TransitionBatch, seen: Seen, rng: Rng): Float32Array {
    const { targetNoise, targetNoiseClip, rewardScale } = this.settings;
    const next = this.actor.seeNext(seen, nextObservation);
    const action = storage(squash(this.actor.forward(next, this.#target.parameters))).map((a) => {
      const noise = Math.min(targetNoiseClip, Math.max(-targetNoiseClip, targetNoise * rng.normal()));
      return Math.min(1, Math.max(-1, a + noise));
    });
    const actions = place(action, [next.count, this.actor.shape.actionSize]) as Tensor2D;
    const value = storage(this.#critics.targetMinimum(next, actions));
    return reward.map((r, i) => rewardScale * r + discount[i]! * value[i]!);
  }
}

/** The catalogue's entry. */
export const td3 = {
  id: "td3",
  summary: "twin delayed deep deterministic policy gradient",
  references: [
    "Fujimoto, van Hoof & Meger, Addressing function approximation error in actor-critic methods (2018)",
  ],
  parameters: td3Parameters,
  create: (shape: ActorShape, settings: Td3Settings, rng: Rng) => new Td3Agent(shape, settings, rng),
} as const;

/** The action of the single head's output [1, batch, actions]. */
function squash(heads: Tensor3D): Tensor2D {
  const [, batch, actions] = heads.shape;
  return tf.reshape(tf.tanh(heads) as Tensor, [batch, actions]);
}
