import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { place, storage } from "../../kernels/load.ts";

/** softplus(s - SHIFT) is the standard deviation: codes begin almost without noise. */
const SHIFT = 5;

/** A sampled code and what it costs. */
export interface BottleneckSample {
  /** [batch, K]. */
  readonly code: Float32Array;
  /** Mean over the batch of KL(N(mu, sigma) || N(0, 1)), nats. */
  readonly kl: number;
}

/**
 * The stochastic code of a variational information bottleneck (Alemi et al., ICLR 2017):
 *
 *   sigma = softplus(s - 5);   z = mu + sigma eps;   KL = (1/2) sum_k [mu^2 + sigma^2 - 2 ln sigma - 1]
 *
 * @param statistics [batch, 2 K]: mu, then s
 * @param noise eps, [batch, K]; null: z = mu
 */
export function sampleCode(
  statistics: Float32Array,
  noise: Float32Array | null,
  k: number,
): BottleneckSample {
  const batch = statistics.length / (2 * k);
  const code = new Float32Array(batch * k);
  let kl = 0;
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < k; i++) {
      const mu = statistics[b * 2 * k + i]!;
      const sigma = softplus(statistics[b * 2 * k + k + i]! - SHIFT);
      code[b * k + i] = mu + (noise === null ? 0 : sigma * noise[b * k + i]!);
      kl += 0.5 * (mu * mu + sigma * sigma - 2 * Math.log(sigma) - 1);
    }
  }
  return { code, kl: kl / batch };
}

/**
 * The code as a tensor, with the gradient of `loss(code) + beta KL`: the KL's slope is added where the code's arrives, so
 * that one pass serves both.
 *
 * @param divisor samples of the whole batch these are a chunk of
 */
export function stochasticCode(
  statistics: Tensor2D,
  noise: Float32Array,
  k: number,
  beta: number,
  divisor: number,
): Tensor2D {
  const op = tf.customGrad((input: Tensor | tf.GradSaveFunc) => {
    const values = storage(input as Tensor).slice();
    const batch = values.length / (2 * k);
    return {
      value: place(sampleCode(values, noise, k).code, [batch, k]),
      gradFunc(dy: Tensor) {
        const onCode = storage(dy);
        const slope = new Float32Array(values.length);
        for (let b = 0; b < batch; b++) {
          for (let i = 0; i < k; i++) {
            const at = b * 2 * k + i;
            const s = values[at + k]! - SHIFT;
            const sigma = softplus(s);
            const dz = onCode[b * k + i]!;
            slope[at] = dz + (beta / divisor) * values[at]!;
            const onSigma = dz * noise[b * k + i]! + (beta / divisor) * (sigma - 1 / sigma);
            slope[at + k] = onSigma * logistic(s);
          }
        }
        return place(slope, [batch, 2 * k]);
      },
    };
  });
  return op(statistics) as Tensor2D;
}

/** ln(1 + e^x), held above 1e-7 so that its logarithm stays finite. */
export function softplus(x: number): number {
  const value = x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
  return Math.max(value, 1e-7);
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
