import type { Tensor1D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";

/** Settings of Adam (Kingma & Ba 2015); the defaults are the paper's. */
export interface AdamSettings {
  readonly learningRate: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** L2 penalty: this times the parameters is added to the gradient (not decoupled, as in AdamW). */
  readonly weightDecay?: number;
}

/** The optimiser's state beside one flat parameter vector. */
export interface AdamState {
  readonly m: Tensor1D;
  readonly v: Tensor1D;
  /** Updates done. */
  readonly step: number;
}

/** Bias corrections folded into two numbers, worked out in float64. */
export function adamFactors(settings: AdamSettings, step: number) {
  const beta1 = settings.beta1 ?? 0.9;
  const beta2 = settings.beta2 ?? 0.999;
  return {
    beta1,
    beta2,
    epsilon: settings.epsilon ?? 1e-8,
    stepSize: settings.learningRate / (1 - beta1 ** step),
    weightDecay: settings.weightDecay ?? 0,
    inverseSqrtC2: 1 / Math.sqrt(1 - beta2 ** step),
  };
}

export function adamInit(parameters: Tensor1D): AdamState {
  return { m: tf.zerosLike(parameters), v: tf.zerosLike(parameters), step: 0 };
}

/**
 * One step of Adam in plain tfjs ops, nothing changed in place: the definition that the fused one is tested against.
 *
 *   g <- g + weightDecay p
 *   m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2
 *   p <- p - rate / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + epsilon)
 */
export function adamDefinition(
  parameters: Tensor1D,
  gradient: Tensor1D,
  state: AdamState,
  settings: AdamSettings,
): { parameters: Tensor1D; state: AdamState } {
  const step = state.step + 1;
  const { beta1, beta2, epsilon, stepSize, inverseSqrtC2, weightDecay } = adamFactors(settings, step);
  const slope = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(parameters, weightDecay));
  const m = tf.add(tf.mul(state.m, beta1), tf.mul(slope, 1 - beta1)) as Tensor1D;
  const v = tf.add(tf.mul(state.v, beta2), tf.mul(tf.square(slope), 1 - beta2)) as Tensor1D;
  const denominator = tf.add(tf.mul(tf.sqrt(v), inverseSqrtC2), epsilon);
  return {
    parameters: tf.sub(parameters, tf.div(tf.mul(m, stepSize), denominator)) as Tensor1D,
    state: { m, v, step },
  };
}
