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
import { argmax, mean } from "../row-statistics.ts";
import { scheduleSchema, valueAt } from "../schedule.ts";
import type { Seen } from "../seen.ts";
import { type ActorParameters, type ActorShape, SpikingActor } from "../spiking-actor.ts";
import { SpikingAgent } from "../spiking-agent.ts";

export const dqnParameters = z.strictObject({
  ...replayShape,
  learningRate: scheduleSchema.default(3e-4).describe("Adam's rate, or its schedule"),
  epsilon: scheduleSchema
    .default({ from: 1, to: 0.05, over: 0.2, warmUp: 0, shape: "linear" })
    .describe("share of uniformly random actions in training, or its schedule"),
  double: z
    .boolean()
    .default(true)
    .describe("the trained network chooses the next action, the target network says what it is worth"),
  dueling: z
    .boolean()
    .default(true)
    .describe("separate heads for the state's value and for each action's advantage"),
  targetEvery: z
    .number()
    .int()
    .min(1)
    .default(1)
    .describe("updates between two steps of the target network towards the trained one"),
  tau: z.number().gt(0).max(1).default(0.005).describe("size of such a step; 1 copies the trained network"),
  rewardScale: z.number().positive().default(1).describe("factor on the reward that is learnt from"),
  largestGradient: z
    .number()
    .positive()
    .default(10)
    .describe("longer gradients are scaled down to this length"),
});

export type DqnSettings = z.output<typeof dqnParameters>;

/**
 * Deep Q-learning (Mnih et al. 2015, "Human-level control through deep reinforcement learning") on a spiking network,
 * with double estimation (van Hasselt et al. 2016), dueling heads (Wang et al. 2016) and n-step returns. One update:
 *
 *   Q(x, .) = V(x) + A(x, .) - mean_a A(x, a)             dueling; else the head itself
 *   a*      = argmax_a Q(x', a)                           double; else argmax_a Q'(x', a)
 *   y       = scale r + discount Q'(x', a*)               r the discounted sum of n rewards
 *   L       = mean h(Q(x, a) - y),    h(d) = d^2 / 2 where |d| < 1, else |d| - 1/2
 *
 * The discount is gamma^n, and 0 where the task ended: a time limit does not end the bootstrap, a termination does.
 */
export class DqnAgent extends SpikingAgent implements OffPolicyAgent {
  readonly id = "dqn";
  readonly learnsFrom = "transitions";
  readonly replay: ReplaySettings;
  readonly settings: DqnSettings;
  readonly actor: SpikingActor;
  readonly #target: FollowingActor;
  readonly #choices: number;

  constructor(shape: ActorShape, settings: DqnSettings, rng: Rng) {
    super("dqn");
    if (shape.choices === null) {
      throw new UsageError(
        'algorithm "dqn": its actions are numbered choices; for continuous ones take sac, td3 or ppo',
      );
    }
    this.settings = settings;
    this.#choices = shape.choices;
    // Dueling: advantages, and a second head whose first output is the state's value.
    const heads = { members: settings.dueling ? 2 : 1, outputs: shape.choices };
    this.actor = new SpikingActor(shape, heads, this.state, rng.split("actor"));
    this.replay = replayOf(settings, this.actor);
    this.#target = new FollowingActor(this.actor, "target/actor", this.state);
  }

  protected override choose(
    heads: Float32Array,
    batch: number,
    explore: Moment | null,
    out: Float32Array,
  ): void {
    const epsilon = explore === null ? 0 : valueAt(this.settings.epsilon, explore.progress);
    // The greedy action is that of the highest advantage: the state's value is the same for all.
    for (let b = 0; b < batch; b++) {
      const random = explore !== null && explore.rng.uniform() < epsilon;
      out[b] = random ? explore.rng.integer(this.#choices) : argmax(heads, b, this.#choices);
    }
  }

  update(experience: TransitionBatch, { progress }: Moment): UpdateMetrics {
    const { settings, actor } = this;
    return tf.tidy(() => {
      actor.schedule(progress);
      const seen = actor.see(experience);
      const y = place(this.#targets(experience, seen), [seen.count, 1]);
      const chosen = this.#oneHot(experience.action);
      let value = 0;
      const loss = actor.minimise(
        (trained) => {
          const q = this.#values(seen, trained);
          const taken = tf.sum(tf.mul(q, chosen), 1, true);
          value = mean(storage(taken));
          return tf.mean(huber(tf.sub(taken, y)));
        },
        {
          learningRate: valueAt(settings.learningRate, progress),
          largestGradient: settings.largestGradient,
        },
      );
      const updates = actor.body.adam.step;
      if (updates % settings.targetEvery === 0) this.#target.follow(settings.tau);
      return finite("dqn", updates, { loss, value });
    });
  }

  greedy(heads: Tensor3D): Tensor {
    // The state's value is the same for all: the highest advantage is the highest value.
    return tf.argMax(tf.unstack(heads)[0]!, 1);
  }

  trace(window: Float32Array, neurons: readonly number[], memory?: Float32Array): DecisionTrace {
    return traceDecision(this.actor, window, neurons, memory, (heads) => {
      const action = argmax(heads, 0, this.#choices);
      if (!this.settings.dueling) return { action: Float32Array.of(action), value: heads[action]! };
      const advantages = heads.subarray(0, this.#choices);
      const value = heads[this.#choices]! + advantages[action]! - mean(advantages);
      return { action: Float32Array.of(action), value };
    });
  }

  /** The action of a choice is how much the last one is preferred to the first. */
  describePopulation(windows: Float32Array, batch: number): PopulationDescription {
    return describeActor(this.actor, windows, batch, (heads) => {
      const columns = tf.unstack(tf.unstack(heads)[0]!, 1);
      return tf.sum(tf.sub(columns.at(-1)!, columns[0]!));
    });
  }

  /** Q(x, .), [rows, choices]. */
  #values(seen: Seen, parameters: ActorParameters): Tensor2D {
    const members = tf.unstack(this.actor.forward(seen, parameters)) as Tensor2D[];
    const advantage = members[0]!;
    if (!this.settings.dueling) return advantage;
    const value = tf.slice(members[1]!, [0, 0], [-1, 1]);
    return tf.add(tf.sub(advantage, tf.mean(advantage, 1, true)), value);
  }

  /** y, [rows]. */
  #targets({ nextObservation, reward, discount }: TransitionBatch, seen: Seen): Float32Array {
    const { double, rewardScale } = this.settings;
    const next = this.actor.seeNext(seen, nextObservation);
    const worth = storage(this.#values(next, this.#target.parameters));
    const choosing = double ? storage(this.#values(next, this.actor.parameters)) : worth;
    return reward.map((r, i) => {
      const best = argmax(choosing, i, this.#choices);
      return rewardScale * r + discount[i]! * worth[i * this.#choices + best]!;
    });
  }

  #oneHot(actions: Float32Array): Tensor2D {
    const values = new Float32Array(actions.length * this.#choices);
    actions.forEach((action, i) => {
      values[i * this.#choices + action] = 1;
    });
    return place(values, [actions.length, this.#choices]) as Tensor2D;
  }
}

/** The catalogue's entry. */
export const dqn = {
  id: "dqn",
  summary: "deep Q-learning: double, dueling, n-step; for numbered choices",
  references: [
    "Mnih et al., Human-level control through deep reinforcement learning, Nature 518, 529-533 (2015)",
    "van Hasselt, Guez & Silver, Deep reinforcement learning with double Q-learning (2016)",
    "Wang et al., Dueling network architectures for deep reinforcement learning (2016)",
  ],
  parameters: dqnParameters,
  create: (shape: ActorShape, settings: DqnSettings, rng: Rng) => new DqnAgent(shape, settings, rng),
} as const;

/** h(d) = d^2 / 2 where |d| < 1, else |d| - 1/2 (Huber 1964). */
function huber(d: Tensor): Tensor {
  const size = tf.abs(d);
  const inner = tf.minimum(size, 1);
  return tf.add(tf.mul(0.5, tf.square(inner)), tf.sub(size, inner));
}
