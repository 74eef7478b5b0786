import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { place, storage } from "../kernels/load.ts";
import type { Task } from "./data/image-samples.ts";

/**
 * Weighted sum over the tasks of the mean cross-entropy (nats), differentiable in the logits:
 *
 *   L = sum_k w_k (1 / n) sum_i [log sum_c exp z[i, k, c] - z[i, k, label_k[i]]]
 *
 * @param logits [n, classes of all tasks one after another]
 * @param labels one array of n a task
 * @param divisor instead of n: of the whole batch these samples are a chunk of
 */
export function taskLoss(
  logits: Tensor2D,
  labels: readonly Uint8Array[],
  tasks: readonly Task[],
  weights: readonly number[],
  divisor = logits.shape[0],
): Tensor {
  const op = tf.customGrad((z: Tensor | tf.GradSaveFunc) => {
    const { losses, gradient } = crossEntropies(storage(z as Tensor), labels, tasks, weights, divisor);
    const total = losses.reduce((sum, loss, task) => sum + weights[task]! * loss, 0);
    const { shape } = z as Tensor;
    return {
      value: tf.scalar(total),
      gradFunc(dy: Tensor) {
        const scale = storage(dy)[0]!;
        return place(
          gradient.map((g) => g * scale),
          shape,
        );
      },
    };
  });
  return op(logits);
}

/** Each task's cross-entropy (sum over samples / divisor), and the weighted sum's gradient in the logits. */
export function crossEntropies(
  logits: Float32Array,
  labels: readonly Uint8Array[],
  tasks: readonly Task[],
  weights: readonly number[],
  divisor: number,
): { losses: number[]; gradient: Float32Array } {
  const width = tasks.reduce((sum, { classes }) => sum + classes, 0);
  const samples = logits.length / width;
  const gradient = new Float32Array(logits.length);
  const losses = tasks.map(() => 0);
  for (let i = 0; i < samples; i++) {
    let start = i * width;
    tasks.forEach(({ classes }, task) => {
      const z = logits.subarray(start, start + classes);
      const slope = gradient.subarray(start, start + classes);
      const label = labels[task]![i]!;
      const normaliser = softmax(z, slope);
      losses[task]! += (normaliser - z[label]!) / divisor;
      for (let c = 0; c < classes; c++) {
        slope[c] = (weights[task]! / divisor) * (slope[c]! - (c === label ? 1 : 0));
      }
      start += classes;
    });
  }
  return { losses, gradient };
}

/** Probabilities of the logits into `out`; returns log sum exp. */
export function softmax(logits: Float32Array, out: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const z of logits) if (z > largest) largest = z;
  let sum = 0;
  for (let c = 0; c < logits.length; c++) {
    out[c] = Math.exp(logits[c]! - largest);
    sum += out[c]!;
  }
  for (let c = 0; c < out.length; c++) out[c]! /= sum;
  return largest + Math.log(sum);
}
