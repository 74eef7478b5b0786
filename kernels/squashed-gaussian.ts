import type { Tensor, Tensor2D, Tensor3D, TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ShapeError, SpikegymError } from "../core/errors.ts";
import { Frame } from "./frame.ts";
import type { KernelHost } from "./host.ts";

const FORWARD = "SpikegymSquashedGaussian";
const GRADIENT = "SpikegymSquashedGaussianGradient";

/** Bounds of the log standard deviation (Haarnoja et al. 2018). */
export const LOG_STD_MIN = -20;
export const LOG_STD_MAX = 2;
/** Keeps the logarithm finite where tanh saturates; as in the published programs. */
const EPSILON = 1e-6;
const HALF_LOG_2_PI = 0.5 * Math.log(2 * Math.PI);

/** A sampled action and how likely it was. */
export interface SquashedSample {
  readonly action: Tensor2D;
  readonly logDensity: Tensor2D;
}

/**
 * A Gaussian squashed by tanh, sampled by reparametrisation (Haarnoja et al. 2018, "Soft actor-critic algorithms and
 * applications", appendix C), action and log-density in one op:
 *
 *   sigma = exp(clip(logStd, -20, 2));  z = mean + sigma noise;  a = tanh(z)
 *   log p(a) = sum over actions of [-noise^2 / 2 - log sigma - log(2 pi) / 2 - log(1 - a^2 + 1e-6)]
 *
 * @param heads [2, batch, actions]: mean, log std (as `mlp` gives them for two members)
 * @param noise [batch, actions], standard normal
 * @returns action [batch, actions] in (-1, 1), and logDensity [batch, 1]
 */
export function squashedGaussian(heads: Tensor3D, noise: Tensor2D): SquashedSample {
  if (heads.shape[0] !== 2 || heads.shape[1] !== noise.shape[0] || heads.shape[2] !== noise.shape[1]) {
    throw new ShapeError(
      "squashedGaussian: heads",
      heads.shape,
      `[2, ${noise.shape.join(", ")}] to go with the noise`,
    );
  }
  const [action, logDensity] = tf.engine().runKernel(FORWARD, { heads, noise }) as unknown as [
    Tensor2D,
    Tensor2D,
  ];
  return { action, logDensity };
}

/** The same in plain tfjs ops: the definition that the op is tested against. */
export function squashedGaussianDefinition(heads: Tensor3D, noise: Tensor2D): SquashedSample {
  const [mean, rawLogStd] = tf.unstack(heads) as [Tensor2D, Tensor2D];
  const logStd = tf.clipByValue(rawLogStd, LOG_STD_MIN, LOG_STD_MAX);
  const action = tf.tanh(tf.add(mean, tf.mul(tf.exp(logStd), noise))) as Tensor2D;
  const density = tf.sub(
    tf.sub(tf.mul(tf.square(noise), -0.5), tf.add(logStd, HALF_LOG_2_PI)),
    tf.log(tf.add(tf.sub(1, tf.square(action)), EPSILON)),
  );
  return { action, logDensity: tf.sum(density, 1, true) as Tensor2D };
}

/** Makes tfjs know the op. Called once for each backend name. A few numbers a row: plain loops are fast enough. */
export function registerSquashedGaussian(host: KernelHost, backendName: string): void {
  const { floats } = host;
  tf.registerKernel({
    kernelName: FORWARD,
    backendName,
    kernelFunc: ({ inputs, backend }) => {
      const { heads, noise } = inputs as Record<"heads" | "noise", TensorInfo>;
      const [batch, actions] = noise.shape as [number, number];
      const frame = new Frame(host, backend);
      const mean = frame.input(heads) >> 2;
      const logStd = mean + batch * actions;
      const eps = frame.input(noise) >> 2;
      const action = frame.output([batch, actions]) >> 2;
      const logDensity = frame.output([batch, 1]) >> 2;
      for (let r = 0; r < batch; r++) {
        let density = 0;
        for (let i = r * actions; i < (r + 1) * actions; i++) {
          const l = Math.min(LOG_STD_MAX, Math.max(LOG_STD_MIN, floats[logStd + i]!));
          const e = floats[eps + i]!;
          const a = Math.tanh(floats[mean + i]! + Math.exp(l) * e);
          floats[action + i] = a;
          density += -0.5 * e * e - l - HALF_LOG_2_PI - Math.log(1 - a * a + EPSILON);
        }
        floats[logDensity + r] = density;
      }
      return frame.finish();
    },
  });

  tf.registerKernel({
    kernelName: GRADIENT,
    backendName,
    kernelFunc: ({ inputs, backend }) => {
      const { onAction, onLogDensity, heads, noise } = inputs as Record<
        "onAction" | "onLogDensity" | "heads" | "noise",
        TensorInfo
      >;
      const [batch, actions] = noise.shape as [number, number];
      const size = batch * actions;
      const frame = new Frame(host, backend);
      const mean = frame.input(heads) >> 2;
      const eps = frame.input(noise) >> 2;
      const dAction = frame.input(onAction) >> 2;
      const dDensity = frame.input(onLogDensity) >> 2;
      const out = frame.output([2, batch, actions]) >> 2;
      for (let r = 0; r < batch; r++) {
        const onDensity = floats[dDensity + r]!;
        for (let j = 0; j < actions; j++) {
          const i = r * actions + j;
          const raw = floats[mean + size + i]!;
          const inside = raw >= LOG_STD_MIN && raw <= LOG_STD_MAX;
          const sigma = Math.exp(Math.min(LOG_STD_MAX, Math.max(LOG_STD_MIN, raw)));
          const e = floats[eps + i]!;
          const a = Math.tanh(floats[mean + i]! + sigma * e);
          const slope = 1 - a * a;
          // d/dz of a, and of -log(1 - a^2 + eps)
          const onZ = floats[dAction + i]! * slope + onDensity * ((2 * a * slope) / (slope + EPSILON));
          floats[out + i] = onZ;
          floats[out + size + i] = inside ? onZ * sigma * e - onDensity : 0;
        }
      }
      return frame.finish();
    },
  });
}

/** Once for all backends. */
export function registerSquashedGaussianGradient(): void {
  tf.registerGradient({
    kernelName: FORWARD,
    inputsToSave: ["heads", "noise"],
    gradFunc: (dy, saved) => {
      const [heads, noise] = saved as [Tensor, Tensor];
      const [onAction, onLogDensity] = dy as [Tensor, Tensor];
      const run = () => tf.engine().runKernel(GRADIENT, { onAction, onLogDensity, heads, noise }) as Tensor;
      const fixed = () => {
        throw new SpikegymError("squashedGaussian: no gradient with respect to the noise");
      };
      return { heads: run, noise: fixed };
    },
  });
}
