import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { UsageError } from "../../core/errors.ts";
import type { Rng } from "../../core/rng.ts";
import { place, storage } from "../../kernels/load.ts";
import { weightedMean } from "../../kernels/loss-ops.ts";
import { LOG_STD_MAX, LOG_STD_MIN, squashedGaussian } from "../../kernels/squashed-gaussian.ts";
import { ScalarAdam } from "../../tensors/scalar-adam.ts";
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
import { describeActor, traceDecision } from "../inspect-actor.ts";
import { replayOf, replayShape } from "../replay-settings.ts";
import { mean } from "../row-statistics.ts";
import { scheduleSchema, valueAt } from "../schedule.ts";
import type { Seen } from "../seen.ts";
import { type ActorShape, SpikingActor } from "../spiking-actor.ts";
import { SpikingAgent } from "../spiking-agent.ts";
import { TwinCritics } from "../twin-critics.ts";

export const sacParameters = z.strictObject({
  ...replayShape,
  tau: z
    .number()
    .min(0)
    .max(1)
    .default(0.005)
    .describe("share by which the target critics follow the critics at each update"),
  actorLearningRate: scheduleSchema.default(3e-4).describe("Adam's rate for the actor, or its schedule"),
  criticLearningRate: scheduleSchema.default(3e-4).describe("Adam's rate for the critics, or its schedule"),
  temperature: z
    .union([z.number().min(0), z.literal("learned")])
    .default(0.2)
    .describe("weight of the entropy beside the reward; learned: follows targetEntropy"),
  targetEntropy: z
    .number()
    .nullable()
    .default(null)
    .describe("entropy a learned temperature holds the policy at, nats; null: minus the number of actions"),
  initialTemperature: z.number().positive().default(0.2).describe("a learned temperature's start"),
  temperatureLearningRate: scheduleSchema.default(3e-4).describe("Adam's rate for a learned temperature"),
  rewardScale: z.number().positive().default(1).describe("factor on the reward the critics learn from"),
  criticHidden: z
    .array(z.number().int().min(1))
    .default([128, 128])
    .describe("hidden ReLU units of each critic"),
});

export type SacSettings = z.output<typeof sacParameters>;

/**
 * Soft actor-critic (Haarnoja et al. 2018, "Soft actor-critic algorithms and applications") with the published spiking
 * actor and twin critics on the newest observation. One update:
 *
 *   y      = scale r + discount [min_i Q'_i(x', a') - alpha log pi(a'|x')],     a' ~ pi(.|x')
 *   L_Q    = sum_i mean (Q_i(x, a) - y)^2
 *   L_pi   = mean [alpha log pi(a~|x) - min_i Q_i(x, a~)],                      a~ ~ pi(.|x)
 *   L_alpha = -mean [log alpha (log pi(a~|x) + target entropy)]                 where alpha is learned
 *   Q'_i  <- (1 - tau) Q'_i + tau Q_i
 *
 * The policy's loss sees the critics after their step. The discount is gamma, and 0 where the task ended: a time limit
 * does not end the bootstrap, a termination does.
 */
export class SacAgent extends SpikingAgent implements OffPolicyAgent {
  readonly id = "sac";
  readonly learnsFrom = "transitions";
  readonly replay: ReplaySettings;
  readonly settings: SacSettings;
  readonly actor: SpikingActor;
  readonly #critics: TwinCritics;
  /** Of log alpha; null where alpha is fixed. */
  readonly #temperature: ScalarAdam | null;

  constructor(shape: ActorShape, settings: SacSettings, rng: Rng) {
    super("sac");
    if (shape.choices !== null) {
      throw new UsageError(
        'algorithm "sac": its actions are continuous; for numbered choices take dqn or ppo',
      );
    }
    this.settings = settings;
    // Two heads: mean and log standard deviation of each action.
    const heads = { members: 2, outputs: shape.actionSize };
    this.actor = new SpikingActor(shape, heads, this.state, rng.split("actor"));
    this.replay = replayOf(settings, this.actor);
    this.#critics = new TwinCritics(shape, settings.criticHidden, this.state, rng.split("critics"));
    this.#temperature =
      settings.temperature === "learned"
        ? new ScalarAdam(this.state.numbers, "logTemperature", Math.log(settings.initialTemperature))
        : null;
  }

  /** What the entropy weighs now. */
  get temperature(): number {
    return this.#temperature === null
      ? (this.settings.temperature as number)
      : Math.exp(this.#temperature.value);
  }

  protected override choose(
    heads: Float32Array,
    batch: number,
    explore: Moment | null,
    out: Float32Array,
  ): void {
    const size = batch * this.actor.shape.actionSize;
    for (let i = 0; i < size; i++) {
      const noise =
        explore === null
          ? 0
          : Math.exp(Math.min(LOG_STD_MAX, Math.max(LOG_STD_MIN, heads[size + i]!))) * explore.rng.normal();
      out[i] = Math.tanh(heads[i]! + noise);
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

      const noise = this.#normals(seen.count, rng);
      let entropy = 0;
      const policyLoss = this.actor.minimise(
        (parameters) => {
          const { action, logDensity } = squashedGaussian(this.actor.forward(seen, parameters), noise);
          entropy = -mean(storage(logDensity));
          const value = this.#critics.minimum(seen, action);
          return weightedMean(this.temperature, logDensity, -1, value);
        },
        { learningRate: valueAt(settings.actorLearningRate, progress) },
      );
      this.#critics.followTargets(settings.tau);

      const metrics = { criticLoss, policyLoss, entropy };
      if (this.#temperature === null) return finite("sac", this.#critics.updates, metrics);
      const { temperature } = this;
      const target = settings.targetEntropy ?? -this.actor.shape.actionSize;
      this.#temperature.descend(entropy - target, valueAt(settings.temperatureLearningRate, progress));
      return finite("sac", this.#critics.updates, { ...metrics, temperature });
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
    return describeActor(this.actor, windows, batch, (heads) => tf.sum(tf.tanh(tf.unstack(heads)[0]!)));
  }

  /** y, [rows]. */
  #targets({ nextObservation, reward, discount }: TransitionBatch, seen: Seen, rng: Rng): Float32Array {
    const next = this.actor.seeNext(seen, nextObservation);
    const { action, logDensity } = squashedGaussian(this.actor.forward(next), this.#normals(next.count, rng));
    const value = storage(this.#critics.targetMinimum(next, action));
    const surprise = storage(logDensity);
    const { temperature } = this;
    const { rewardScale } = this.settings;
    return reward.map((r, i) => rewardScale * r + discount[i]! * (value[i]! - temperature * surprise[i]!));
  }

  #normals(batch: number, rng: Rng): Tensor2D {
    const { actionSize } = this.actor.shape;
    const values = new Float32Array(batch * actionSize);
    rng.fillNormal(values);
    return place(values, [batch, actionSize]) as Tensor2D;
  }
}

/** The catalogue's entry. */
export const sac = {
  id: "sac",
  summary: "soft actor-critic, fixed or learned temperature, twin critics",
  references: ["Haarnoja et al., Soft actor-critic algorithms and applications (2018)"],
  parameters: sacParameters,
  create: (shape: ActorShape, settings: SacSettings, rng: Rng) => new SacAgent(shape, settings, rng),
} as const;
