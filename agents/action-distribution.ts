import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Rng } from "../core/rng.ts";
import { place, storage } from "../kernels/load.ts";
import { gaussianEntropy, gaussianLogDensity, logProbabilities } from "../tensors/distributions.ts";
import type { LearnerState, TrainedVector } from "./learner-state.ts";
import { argmax } from "./row-statistics.ts";
import type { ActorShape } from "./spiking-actor.ts";

/** What a head's outputs say of the action: its distribution. */
export interface ActionDistribution {
  /** Outputs that a head needs. */
  readonly outputs: number;
  /** Trained beside the head. */
  readonly trained: readonly TrainedVector[];
  readonly parameterCount: number;
  /** Draws actions, or takes the likeliest without a stream: `out` [batch, action] from `heads` [batch, outputs]. */
  choose(heads: Float32Array, batch: number, rng: Rng | null, out: Float32Array): void;
  /** The likeliest action as a definition: [batch, action], or [batch] for a choice. */
  greedy(head: Tensor2D): Tensor;
  /** log pi(a|x), [batch, 1], differentiable in the heads and what is trained beside them. */
  logDensity(heads: Tensor2D, action: Float32Array, beside?: Tensor1D): Tensor2D;
  /** Mean entropy, nats, a scalar. */
  entropy(heads: Tensor2D, beside?: Tensor1D): Tensor;
  /** One number of the heads' outputs that says which way the action goes, for pictures. */
  preference(heads: Tensor3D): Tensor;
}

/** Numbered choices by their logits, or else Gaussians. */
export function actionDistribution(
  shape: ActorShape,
  initialLogStd: number,
  state: LearnerState,
): ActionDistribution {
  return shape.choices === null
    ? gaussian(shape.actionSize, initialLogStd, state)
    : categorical(shape.choices);
}

/** Independent Gaussians whose means are the head's outputs and whose standard deviations are the same everywhere. */
function gaussian(actionSize: number, initialLogStd: number, state: LearnerState): ActionDistribution {
  const logStd = state.trained("actor/logStd", new Float32Array(actionSize).fill(initialLogStd));
  return {
    outputs: actionSize,
    trained: [logStd],
    parameterCount: actionSize,
    choose(heads, batch, rng, out) {
      const spread = storage(logStd.values);
      for (let i = 0; i < batch * actionSize; i++) {
        const noise = rng === null ? 0 : Math.exp(spread[i % actionSize]!) * rng.normal();
        out[i] = heads[i]! + noise;
      }
    },
    greedy: (head) => head,
    logDensity: (heads, action, beside = logStd.values) =>
      gaussianLogDensity(place(action, heads.shape) as Tensor2D, heads, beside),
    entropy: (_heads, beside = logStd.values) => gaussianEntropy(beside),
    preference: (heads) => tf.sum(heads),
  };
}

/** One of several choices, the head's outputs being the logits. */
function categorical(choices: number): ActionDistribution {
  return {
    outputs: choices,
    trained: [],
    parameterCount: 0,
    choose(heads, batch, rng, out) {
      for (let b = 0; b < batch; b++) {
        const logits = heads.subarray(b * choices, (b + 1) * choices);
        out[b] = rng === null ? argmax(logits, 0, choices) : draw(logits, rng);
      }
    },
    greedy: (head) => tf.argMax(head, 1),
    logDensity(heads, action) {
      const chosen = new Float32Array(action.length * choices);
      action.forEach((choice, i) => {
        chosen[i * choices + choice] = 1;
      });
      const mask = place(chosen, heads.shape) as Tensor2D;
      return tf.sum(tf.mul(logProbabilities(heads, largestOf(heads)), mask), 1, true);
    },
    entropy(heads) {
      const logP = logProbabilities(heads, largestOf(heads));
      return tf.neg(tf.mean(tf.sum(tf.mul(tf.exp(logP), logP), 1)));
    },
    preference(heads) {
      const columns = tf.unstack(tf.unstack(heads)[0]!, 1);
      return tf.sum(tf.sub(columns.at(-1)!, columns[0]!));
    },
  };
}

/** The largest of logits plus Gumbel noise is a draw of their distribution (Gumbel 1954). */
function draw(logits: Float32Array, rng: Rng): number {
  return argmax(
    logits.map((x) => x - Math.log(-Math.log(1 - rng.uniform()))),
    0,
    logits.length,
  );
}

/** The largest of each row, [batch, 1], as data. */
function largestOf(rows: Tensor2D): Tensor2D {
  const [batch, width] = rows.shape;
  const values = storage(rows);
  const largest = new Float32Array(batch).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < values.length; i++) {
    const b = Math.floor(i / width);
    if (values[i]! > largest[b]!) largest[b] = values[i]!;
  }
  return place(largest, [batch, 1]) as Tensor2D;
}
