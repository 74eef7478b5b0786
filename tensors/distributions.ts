import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";

const HALF_LOG_2_PI = 0.5 * Math.log(2 * Math.PI);

/**
 * log p(a) of independent Gaussians, summed over the dimensions.
 *
 * @param action [batch, n]
 * @param mean [batch, n]
 * @param logStd [n] or [batch, n]
 * @returns [batch, 1]
 */
export function gaussianLogDensity(action: Tensor2D, mean: Tensor2D, logStd: Tensor): Tensor2D {
  const z = tf.div(tf.sub(action, mean), tf.exp(logStd));
  const density = tf.sub(tf.mul(-0.5, tf.square(z)), tf.add(logStd, HALF_LOG_2_PI));
  return tf.sum(density, 1, true);
}

/** Entropy of independent Gaussians, nats: sum of log sigma + log(2 pi e) / 2. A scalar, of logStd [n]. */
export function gaussianEntropy(logStd: Tensor): Tensor {
  return tf.sum(tf.add(logStd, HALF_LOG_2_PI + 0.5));
}

/**
 * log p of every choice from its logits: x - log sum exp x, row by row.
 *
 * @param logits [batch, choices]
 * @param largest [batch, 1], the largest of each row (as data: it cancels, it only keeps the exponentials in range)
 */
export function logProbabilities(logits: Tensor2D, largest: Tensor2D): Tensor2D {
  const shifted = tf.sub(logits, largest);
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)));
}
