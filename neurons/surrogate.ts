import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { type Surrogate, surrogateShapes } from "../kernels/surrogate.ts";

/** The settings of a surrogate derivative; formulas and sources stand in kernels/assembly/surrogate.ts. */
export const surrogateSchema = z.strictObject({
  shape: z.enum(surrogateShapes).default("rectangle").describe("shape of the surrogate derivative"),
  width: z.number().positive().default(0.5).describe("its width, in the unit of the membrane"),
  height: z.number().positive().default(1).describe("its value at the threshold"),
});

/** d spike / d v at distance x from the threshold, in plain tfjs ops. */
export function surrogateDerivative(x: Tensor, { shape, width, height }: Surrogate): Tensor {
  const r = tf.div(tf.abs(x), width);
  switch (shape) {
    case "rectangle":
      return tf.mul(tf.cast(tf.less(tf.abs(x), width), "float32"), height);
    case "triangle":
      return tf.mul(tf.maximum(0, tf.sub(1, r)), height);
    case "sigmoid": {
      const s = tf.div(1, tf.add(1, tf.exp(r)));
      return tf.mul(4 * height, tf.mul(s, tf.sub(1, s)));
    }
    case "fast-sigmoid":
      return tf.div(height, tf.square(tf.add(1, r)));
    case "arctangent":
      return tf.div(height, tf.add(1, tf.square(r)));
    case "gaussian":
      return tf.mul(height, tf.exp(tf.mul(tf.square(r), -0.5)));
    case "piecewise-exponential":
      return tf.mul(height, tf.exp(tf.neg(r)));
  }
}

/** s = [x > 0] (strict), whose derivative is replaced by the surrogate's. */
export function spike(x: Tensor, surrogate: Surrogate): Tensor {
  const op = tf.customGrad((v: Tensor | tf.GradSaveFunc, save?: Tensor | tf.GradSaveFunc) => {
    const input = v as Tensor;
    (save as tf.GradSaveFunc)([input]);
    return {
      value: tf.cast(tf.greater(input, 0), "float32"),
      gradFunc: (dy: Tensor, saved: Tensor[]) => tf.mul(dy, surrogateDerivative(saved[0]!, surrogate)),
    };
  });
  return op(x);
}

/** The value without its history: a constant to the gradient. */
export function stopGradient<T extends Tensor>(x: T): T {
  return tf.customGrad((v: Tensor | tf.GradSaveFunc) => ({
    value: tf.clone(v as Tensor),
    gradFunc: (dy: Tensor) => tf.zerosLike(dy),
  }))(x) as T;
}
