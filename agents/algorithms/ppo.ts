import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import type { Rng } from "../../core/rng.ts";
import { place, storage } from "../../kernels/load.ts";
import { type ActionDistribution, actionDistribution } from "../action-distribution.ts";
import { estimateAdvantages, standardise } from "../advantages.ts";
import type {
  DecisionTrace,
  LearnerSnapshot,
  Moment,
  OnPolicyAgent,
  PopulationDescription,
  UpdateMetrics,
} from "../algorithm.ts";
import type { Rollout } from "../experience.ts";
import { finite } from "../finite.ts";
import { descend, LearnerState } from "../learner-state.ts";
import { scheduleSchema, valueAt } from "../schedule.ts";
import { type ActorShape, newest, SpikingActor } from "../spiking-actor.ts";
import { ValueCritic } from "../value-critic.ts";

export const ppoParameters = z.strictObject({
  gamma: z.number().min(0).max(1).default(0.99).describe("discount of a reward one step later"),
  lambda: z
    .number()
    .min(0)
    .max(1)
    .default(0.95)
    .describe(
      "decay of the temporal differences summed into an advantage: 0 trusts the critic, 1 the returns",
    ),
  rolloutSteps: z.number().int().min(1).default(256).describe("steps of each environment in a rollout"),
  epochs: z.number().int().min(1).default(10).describe("passes over each rollout"),
  batchSize: z.number().int().min(1).default(64).describe("transitions in an update"),
  actorLearningRate: scheduleSchema.default(3e-4).describe("Adam's rate for the actor, or its schedule"),
  criticLearningRate: scheduleSchema.default(1e-3).describe("Adam's rate for the critic, or its schedule"),
  clip: scheduleSchema
    .default(0.2)
    .describe("how far the probability of an action may move before its gradient stops, or its schedule"),
  clipValue: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe("how far the critic's estimate may move before its gradient stops; null: as far as it wants"),
  entropyWeight: scheduleSchema.default(0).describe("weight of the entropy beside the advantage"),
  largestGradient: z
    .number()
    .positive()
    .default(0.5)
    .describe("longer gradients are scaled down to this length"),
  normaliseAdvantages: z
    .boolean()
    .default(true)
    .describe("mean 0 and standard deviation 1 within each update"),
  targetKl: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe(
      "a rollout is done with once the policy has moved this far from its own, nats; null: never early",
    ),
  initialLogStd: z
    .number()
    .default(-0.5)
    .describe("log standard deviation of continuous actions (of (-1, 1)) at the start; it is trained"),
  rewardScale: z.number().positive().default(1).describe("factor on the reward that is learnt from"),
  criticHidden: z
    .array(z.number().int().min(1))
    .default([128, 128])
    .describe("hidden ReLU units of the critic"),
});

export type PpoSettings = z.output<typeof ppoParameters>;

/**
 * Proximal policy optimisation (Schulman et al. 2017, "Proximal policy optimization algorithms") with the spiking actor
 * and a critic on the newest observation; Gaussian actions, or numbered choices. Of each rollout, advantages A and
 * returns R by generalised advantage estimation; then some epochs of updates on parts of it in random order:
 *
 *   rho    = pi(a|x) / pi_old(a|x)
 *   L_pi   = -mean min(rho A, clip(rho, 1 - c, 1 + c) A) - w entropy
 *   L_V    = mean (V(x) - R)^2                           or, with clipValue v, the larger of it and
 *            mean (V_old + clip(V(x) - V_old, -v, v) - R)^2
 *
 * A time limit does not end the bootstrap, a termination does.
 */
export class PpoAgent implements OnPolicyAgent {
  readonly id = "ppo";
  readonly learnsFrom = "rollouts";
  readonly settings: PpoSettings;
  readonly rolloutSteps: number;
  readonly actor: SpikingActor;
  readonly #state = new LearnerState("ppo");
  readonly #actions: ActionDistribution;
  readonly #critic: ValueCritic;

  constructor(shape: ActorShape, settings: PpoSettings, rng: Rng) {
    this.settings = settings;
    this.rolloutSteps = settings.rolloutSteps;
    this.#actions = actionDistribution(shape, settings.initialLogStd, this.#state);
    const heads = { members: 1, outputs: this.#actions.outputs };
    this.actor = new SpikingActor(shape, heads, this.#state, rng.split("actor"));
    this.#critic = new ValueCritic(
      shape.observationSize,
      settings.criticHidden,
      this.#state,
      rng.split("critic"),
    );
  }

  get policyParameters(): number {
    return this.actor.parameterCount + this.#actions.parameterCount;
  }

  get restMemory(): Float32Array {
    return NO_MEMORY;
  }

  act(windows: Float32Array, batch: number, explore: Moment | null, out: Float32Array): void {
    this.actor.decide(windows, batch, (heads) =>
      this.#actions.choose(heads, batch, explore?.rng ?? null, out),
    );
  }

  update(rollout: Rollout, { rng, progress }: Moment): UpdateMetrics {
    const { settings } = this;
    const lessons = this.#prepare(rollout);
    const order = Int32Array.from({ length: lessons.count }, (_, i) => i);
    const sums = { policyLoss: 0, criticLoss: 0, entropy: 0, kl: 0, clipped: 0 };
    let updates = 0;
    for (let epoch = 0, over = false; epoch < settings.epochs && !over; epoch++) {
      shuffle(order, rng);
      for (let start = 0; start < order.length && !over; start += settings.batchSize) {
        const rows = order.subarray(start, start + settings.batchSize);
        const metrics = tf.tidy(() => this.#learn(lessons, rows, progress));
        finite("ppo", this.actor.body.adam.step, metrics);
        updates++;
        for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += metrics[name];
        over = settings.targetKl !== null && metrics.kl > settings.targetKl;
      }
    }
    const means = Object.entries(sums).map(([name, sum]) => [name, sum / updates]);
    return { ...Object.fromEntries(means), updates };
  }

  greedy(heads: Tensor3D): Tensor {
    return this.#actions.greedy(tf.unstack(heads)[0] as Tensor2D);
  }

  trace(window: Float32Array, neurons: readonly number[]): DecisionTrace {
    const action = new Float32Array(this.actor.shape.actionSize);
    return this.actor.trace(window, neurons, (heads, windows) => {
      this.#actions.choose(heads, 1, null, action);
      return { action, value: this.#critic.estimate(newest(windows))[0]! };
    });
  }

  describePopulation(windows: Float32Array, batch: number): PopulationDescription {
    return this.actor.describePopulation(windows, batch, (heads) => this.#actions.preference(heads));
  }

  snapshot(): LearnerSnapshot {
    return this.#state.snapshot();
  }

  restore(snapshot: LearnerSnapshot): void {
    this.#state.restore(snapshot);
  }

  dispose(): void {
    this.#state.dispose();
  }

  /** Advantages, returns, and what the policy was when it acted, of every transition of a rollout. */
  #prepare(rollout: Rollout): Lessons {
    const { steps, lanes, action } = rollout;
    const { gamma, lambda, rewardScale } = this.settings;
    const count = steps * lanes;
    return tf.tidy(() => {
      const windows = this.#flatten(rollout, rollout.observation);
      const next = this.#flatten(rollout, rollout.nextObservation);
      const x = this.actor.place(windows, count);
      const value = this.#critic.estimate(newest(x));
      const { advantage, returns } = estimateAdvantages(
        {
          ...rollout,
          reward: rollout.reward.map((r) => rewardScale * r),
          value,
          nextValue: this.#critic.estimate(newest(this.actor.place(next, count))),
        },
        gamma,
        lambda,
      );
      const heads = this.#heads(this.actor.forward(x));
      const logDensity = storage(this.#actions.logDensity(heads, action)).slice();
      return { count, windows, action: action.slice(), value, advantage, returns, logDensity };
    });
  }

  #learn(lessons: Lessons, rows: Int32Array, progress: number) {
    const { settings } = this;
    const { actionSize } = this.actor.shape;
    const batch = rows.length;
    const column = (values: Float32Array) => pick(values, rows, 1);
    const advantages = column(lessons.advantage);
    if (settings.normaliseAdvantages && batch > 1) standardise(advantages);
    const windows = this.actor.place(this.#pickWindows(lessons, rows), batch);
    const action = pick(lessons.action, rows, actionSize);
    const before = place(column(lessons.logDensity), [batch, 1]);
    const advantage = place(advantages, [batch, 1]);
    const clip = valueAt(settings.clip, progress);
    const entropyWeight = valueAt(settings.entropyWeight, progress);

    let entropy = 0;
    let kl = 0;
    let clipped = 0;
    const policyLoss = descend(
      [this.actor.body, this.actor.heads, ...this.#actions.trained],
      (body, heads, ...rest) => {
        const outputs = this.#heads(this.actor.forward(windows, { body: body!, heads: heads! }));
        const logRatio = tf.sub(this.#actions.logDensity(outputs, action, rest[0]), before);
        const ratio = tf.exp(logRatio);
        const gain = tf.minimum(
          tf.mul(ratio, advantage),
          tf.mul(tf.clipByValue(ratio, 1 - clip, 1 + clip), advantage),
        );
        const spread = this.#actions.entropy(outputs, rest[0]);
        entropy = storage(spread)[0]!;
        const moved = storage(logRatio);
        // Schulman's estimate of KL(old || new), which is never negative: (rho - 1) - log rho.
        kl = mean(moved.map((l) => Math.expm1(l) - l));
        clipped = mean(moved.map((l) => (Math.abs(Math.expm1(l)) > clip ? 1 : 0)));
        return tf.neg(tf.add(tf.mean(gain), tf.mul(spread, entropyWeight)));
      },
      valueAt(settings.actorLearningRate, progress),
      settings.largestGradient,
    );

    const x = newest(windows);
    const target = place(column(lessons.returns), [batch, 1]);
    const valueBefore = place(column(lessons.value), [batch, 1]);
    const { clipValue } = settings;
    const criticLoss = descend(
      [this.#critic.vector],
      (parameters) => {
        const value = this.#critic.value(x, parameters!);
        const error = tf.squaredDifference(value, target);
        if (clipValue === null) return tf.mean(error);
        const near = tf.add(valueBefore, tf.clipByValue(tf.sub(value, valueBefore), -clipValue, clipValue));
        return tf.mean(tf.maximum(error, tf.squaredDifference(near, target)));
      },
      valueAt(settings.criticLearningRate, progress),
      settings.largestGradient,
    );
    return { policyLoss, criticLoss, entropy, kl, clipped };
  }

  /** [steps, window, lanes, observation] as [window, steps * lanes, observation]. */
  #flatten({ steps, lanes }: Rollout, values: Float32Array): Float32Array {
    const { encoder, observationSize } = this.actor.shape;
    const row = lanes * observationSize;
    const out = new Float32Array(values.length);
    for (let t = 0; t < steps; t++) {
      for (let w = 0; w < encoder.window; w++) {
        const from = (t * encoder.window + w) * row;
        out.set(values.subarray(from, from + row), (w * steps + t) * row);
      }
    }
    return out;
  }

  /** The windows of some transitions, [window, rows, observation]. */
  #pickWindows({ windows, count }: Lessons, rows: Int32Array): Float32Array {
    const { encoder, observationSize } = this.actor.shape;
    const out = new Float32Array(encoder.window * rows.length * observationSize);
    for (let w = 0; w < encoder.window; w++) {
      const slice = windows.subarray(w * count * observationSize, (w + 1) * count * observationSize);
      out.set(pick(slice, rows, observationSize), w * rows.length * observationSize);
    }
    return out;
  }

  /** The single head's outputs [batch, outputs]. */
  #heads(outputs: Tensor3D): Tensor2D {
    const [, batch, width] = outputs.shape;
    return tf.reshape(outputs as Tensor, [batch, width]);
  }
}

/** A rollout, flat, and what is learnt of each of its transitions. */
interface Lessons {
  readonly count: number;
  /** [window, count, observation]. */
  readonly windows: Float32Array;
  /** [count, action]. */
  readonly action: Float32Array;
  /** All [count]. */
  readonly value: Float32Array;
  readonly advantage: Float32Array;
  readonly returns: Float32Array;
  readonly logDensity: Float32Array;
}

/** The catalogue's entry. */
export const ppo = {
  id: "ppo",
  summary: "proximal policy optimisation; continuous actions or numbered choices",
  references: [
    "Schulman et al., Proximal policy optimization algorithms (2017)",
    "Schulman et al., High-dimensional continuous control using generalized advantage estimation (2016)",
  ],
  parameters: ppoParameters,
  create: (shape: ActorShape, settings: PpoSettings, rng: Rng) => new PpoAgent(shape, settings, rng),
} as const;

const NO_MEMORY = new Float32Array(0);

/** Rows of `width` numbers each. */
function pick(values: Float32Array, rows: Int32Array, width: number): Float32Array {
  const out = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    for (let k = 0; k < width; k++) out[i * width + k] = values[rows[i]! * width + k]!;
  }
  return out;
}

/** Fisher and Yates. */
function shuffle(values: Int32Array, rng: Rng): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = rng.integer(i + 1);
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
