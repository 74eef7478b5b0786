import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import type { Rng } from "../../core/rng.ts";
import { place, storage } from "../../kernels/load.ts";
import { type ActionDistribution, actionDistribution } from "../action-distribution.ts";
import { estimateAdvantages, standardise } from "../advantages.ts";
import type {
  DecisionTrace,
  Moment,
  OnPolicyAgent,
  PopulationDescription,
  UpdateMetrics,
} from "../algorithm.ts";
import type { ObservedSequence, Rollout } from "../experience.ts";
import { finite } from "../finite.ts";
import { describeActor, traceDecision } from "../inspect-actor.ts";
import { descend } from "../learner-state.ts";
import { mean } from "../row-statistics.ts";
import { scheduleSchema, valueAt } from "../schedule.ts";
import type { Seen } from "../seen.ts";
import { type ActorShape, SpikingActor } from "../spiking-actor.ts";
import { SpikingAgent } from "../spiking-agent.ts";
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
export class PpoAgent extends SpikingAgent implements OnPolicyAgent {
  readonly id = "ppo";
  readonly learnsFrom = "rollouts";
  readonly settings: PpoSettings;
  readonly rolloutSteps: number;
  readonly actor: SpikingActor;
  readonly #actions: ActionDistribution;
  readonly #critic: ValueCritic;

  constructor(shape: ActorShape, settings: PpoSettings, rng: Rng) {
    super("ppo");
    this.settings = settings;
    this.rolloutSteps = settings.rolloutSteps;
    this.#actions = actionDistribution(shape, settings.initialLogStd, this.state);
    const heads = { members: 1, outputs: this.#actions.outputs };
    this.actor = new SpikingActor(shape, heads, this.state, rng.split("actor"));
    this.#critic = new ValueCritic(shape, settings.criticHidden, this.state, rng.split("critic"));
  }

  override get policyParameters(): number {
    return this.actor.parameterCount + this.#actions.parameterCount;
  }

  protected override choose(
    heads: Float32Array,
    batch: number,
    explore: Moment | null,
    out: Float32Array,
  ): void {
    this.#actions.choose(heads, batch, explore?.rng ?? null, out);
  }

  update(rollout: Rollout, { rng, progress }: Moment): UpdateMetrics {
    const { settings } = this;
    this.actor.schedule(progress);
    const lessons = this.#prepare(rollout);
    const { order, size } = this.#parts(rollout);
    const sums = { policyLoss: 0, criticLoss: 0, entropy: 0, kl: 0, clipped: 0 };
    let updates = 0;
    for (let epoch = 0, over = false; epoch < settings.epochs && !over; epoch++) {
      shuffle(order, rng);
      for (let start = 0; start < order.length && !over; start += size) {
        const part = this.#part(rollout, order.subarray(start, start + size));
        const metrics = tf.tidy(() => this.#learn(lessons, part, progress));
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

  trace(window: Float32Array, neurons: readonly number[], memory?: Float32Array): DecisionTrace {
    const action = new Float32Array(this.actor.shape.actionSize);
    return traceDecision(this.actor, window, neurons, memory, (heads, seen) => {
      this.#actions.choose(heads, 1, null, action);
      return { action, value: this.#critic.estimate(seen)[0]! };
    });
  }

  describePopulation(windows: Float32Array, batch: number): PopulationDescription {
    return describeActor(this.actor, windows, batch, (heads) => this.#actions.preference(heads));
  }

  /** Advantages, returns, and what the policy was when it acted, of every transition of a rollout. */
  #prepare(rollout: Rollout): Lessons {
    const { action } = rollout;
    const { gamma, lambda, rewardScale } = this.settings;
    return tf.tidy(() => {
      const seen = this.actor.see({ ...rollout, batch: rollout.lanes, burnIn: 0 });
      const value = this.#critic.estimate(seen);
      const { advantage, returns } = estimateAdvantages(
        {
          ...rollout,
          reward: rollout.reward.map((r) => rewardScale * r),
          value,
          nextValue: this.#critic.estimate(this.actor.seeNext(seen, rollout.nextObservation)),
        },
        gamma,
        lambda,
      );
      const heads = this.#heads(this.actor.forward(seen));
      const logDensity = storage(this.#actions.logDensity(heads, action)).slice();
      return { action, value, advantage, returns, logDensity };
    });
  }

  /**
   * What an update is made of: transitions, or, where the neurons go on through the episode, whole environments, so
   * that the gradient flows back from decision to decision through their share of the rollout.
   */
  #parts({ steps, lanes }: Rollout): { order: Int32Array; size: number } {
    const { batchSize } = this.settings;
    const [count, size] = this.actor.carries
      ? [lanes, Math.max(1, Math.round(batchSize / steps))]
      : [steps * lanes, batchSize];
    return { order: Int32Array.from({ length: count }, (_, i) => i), size };
  }

  /** The sequences of some transitions (one step each), or of some environments (all their steps). */
  #part(rollout: Rollout, chosen: Int32Array): Part {
    const { encoder, observationSize } = this.actor.shape;
    const { lanes, observation, memory, starts } = rollout;
    const { carries, restMemory } = this.actor;
    const steps = carries ? rollout.steps : 1;
    const batch = chosen.length;
    // Transition i is environment i % lanes at step floor(i / lanes).
    const rows = new Int32Array(steps * batch);
    for (let s = 0; s < steps; s++) {
      for (let b = 0; b < batch; b++) rows[s * batch + b] = s * lanes + chosen[b]!;
    }
    const size = observationSize;
    const windows = new Float32Array(rows.length * encoder.window * size);
    rows.forEach((row, i) => {
      const [t, lane] = [Math.floor(row / lanes), row % lanes];
      const [s, b] = [Math.floor(i / batch), i % batch];
      for (let w = 0; w < encoder.window; w++) {
        const from = ((t * encoder.window + w) * lanes + lane) * size;
        const to = ((s * encoder.window + w) * batch + b) * size;
        for (let k = 0; k < size; k++) windows[to + k] = observation[from + k]!;
      }
    });
    const sequence = {
      batch,
      steps,
      burnIn: 0,
      observation: windows,
      memory: carries ? pick(memory, chosen, restMemory.length) : memory,
      starts: pick(starts, rows, 1),
    };
    return { sequence, rows };
  }

  #learn(lessons: Lessons, { sequence, rows }: Part, progress: number) {
    const { settings } = this;
    const column = (values: Float32Array) => pick(values, rows, 1);
    const advantages = column(lessons.advantage);
    if (settings.normaliseAdvantages && rows.length > 1) standardise(advantages);
    const seen = this.actor.see(sequence);
    const action = pick(lessons.action, rows, this.actor.shape.actionSize);
    const metrics = this.#improvePolicy(
      seen,
      action,
      place(column(lessons.logDensity), [rows.length, 1]),
      place(advantages, [rows.length, 1]),
      progress,
    );
    const criticLoss = this.#fitCritic(
      seen,
      place(column(lessons.returns), [rows.length, 1]),
      place(column(lessons.value), [rows.length, 1]),
      valueAt(settings.criticLearningRate, progress),
    );
    return { ...metrics, criticLoss };
  }

  /** @param before log pi_old(a|x), [rows, 1] */
  #improvePolicy(seen: Seen, action: Float32Array, before: Tensor, advantage: Tensor, progress: number) {
    const { settings } = this;
    const clip = valueAt(settings.clip, progress);
    const entropyWeight = valueAt(settings.entropyWeight, progress);
    let entropy = 0;
    let kl = 0;
    let clipped = 0;
    const policyLoss = this.actor.minimise(
      (parameters, spread) => {
        const heads = this.#heads(this.actor.forward(seen, parameters));
        const logRatio = tf.sub(this.#actions.logDensity(heads, action, spread), before);
        const ratio = tf.exp(logRatio);
        const gain = tf.minimum(
          tf.mul(ratio, advantage),
          tf.mul(tf.clipByValue(ratio, 1 - clip, 1 + clip), advantage),
        );
        const uncertainty = this.#actions.entropy(heads, spread);
        entropy = storage(uncertainty)[0]!;
        const moved = storage(logRatio);
        // An estimate of KL(old || new) that is never negative: (rho - 1) - log rho.
        kl = mean(moved.map((l) => Math.expm1(l) - l));
        clipped = mean(moved.map((l) => (Math.abs(Math.expm1(l)) > clip ? 1 : 0)));
        return tf.neg(tf.add(tf.mean(gain), tf.mul(uncertainty, entropyWeight)));
      },
      {
        learningRate: valueAt(settings.actorLearningRate, progress),
        largestGradient: settings.largestGradient,
        beside: this.#actions.trained,
      },
    );
    return { policyLoss, entropy, kl, clipped };
  }

  /** @param target the returns, @param before V_old(x), both [rows, 1] */
  #fitCritic(seen: Seen, target: Tensor, before: Tensor, learningRate: number): number {
    const { clipValue, largestGradient } = this.settings;
    return descend(
      this.#critic.vectors,
      (...parameters) => {
        const value = this.#critic.value(seen, parameters);
        const error = tf.squaredDifference(value, target);
        if (clipValue === null) return tf.mean(error);
        const near = tf.add(before, tf.clipByValue(tf.sub(value, before), -clipValue, clipValue));
        return tf.mean(tf.maximum(error, tf.squaredDifference(near, target)));
      },
      learningRate,
      largestGradient,
    );
  }

  /** The single head's outputs [rows, outputs]. */
  #heads(outputs: Tensor3D): Tensor2D {
    const [, rows, width] = outputs.shape;
    return tf.reshape(outputs as Tensor, [rows, width]);
  }
}

/** What is learnt of each transition of a rollout; all [steps * lanes] but the actions. */
interface Lessons {
  /** [steps * lanes, action]. */
  readonly action: Float32Array;
  readonly value: Float32Array;
  readonly advantage: Float32Array;
  readonly returns: Float32Array;
  readonly logDensity: Float32Array;
}

/** Part of a rollout: what was seen, and which of its transitions they are. */
interface Part {
  readonly sequence: ObservedSequence;
  readonly rows: Int32Array;
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
