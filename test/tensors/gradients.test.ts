import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { place, useKernels } from "../../kernels/load.ts";

beforeAll(async () => {
  await useKernels();
});

const y = () => tf.tensor2d([0.7, -1.2, 2.1, 0.4, 1.6, -0.3], [2, 3]);

/** Every registered gradient, as a function of a [2, 3] input away from kinks. */
const functions: [string, (x: Tensor) => Tensor][] = [
  ["add, broadcast", (x) => tf.add(x, tf.tensor1d([1, 2, 3]))],
  ["add to a broadcast input", (x) => tf.add(tf.slice(x, [0, 0], [1, 3]), tf.ones([4, 3]))],
  [
    "add, both parts used again",
    (x) => {
      const [a, b] = [tf.square(x), tf.exp(x)];
      return tf.add(tf.add(a, b), tf.mul(a, b));
    },
  ],
  ["sub", (x) => tf.sub(y(), x)],
  ["mul", (x) => tf.mul(x, y())],
  ["div", (x) => tf.div(y(), x)],
  ["div by", (x) => tf.div(x, y())],
  ["squaredDifference", (x) => tf.squaredDifference(x, y())],
  ["minimum", (x) => tf.minimum(x, y())],
  ["maximum", (x) => tf.maximum(y(), x)],
  ["neg", (x) => tf.neg(x)],
  ["square", (x) => tf.square(x)],
  ["log", (x) => tf.log(x)],
  ["expm1", (x) => tf.expm1(x)],
  ["relu", (x) => tf.relu(tf.sub(x, 1))],
  ["abs", (x) => tf.abs(tf.sub(x, 1))],
  ["softplus", (x) => tf.softplus(x)],
  ["reshape", (x) => tf.mul(tf.reshape(x, [3, 2]), tf.reshape(y(), [3, 2]))],
  ["exp", (x) => tf.exp(x)],
  ["tanh", (x) => tf.tanh(x)],
  ["sigmoid", (x) => tf.sigmoid(x)],
  ["sqrt", (x) => tf.sqrt(x)],
  ["clipByValue", (x) => tf.clipByValue(x, 0.6, 1.7)],
  ["where", (x) => tf.where(tf.greater(x, 1), tf.square(x), tf.neg(x))],
  ["sum over an axis", (x) => tf.mul(tf.sum(x, 1), tf.tensor1d([2, 3]))],
  ["mean over an axis", (x) => tf.mul(tf.mean(x, 0), tf.tensor1d([2, 3, 4]))],
  ["matMul", (x) => tf.matMul(x as tf.Tensor2D, tf.reshape(y(), [3, 2]))],
  ["slice", (x) => tf.square(tf.slice(x, [0, 1], [2, 2]))],
  ["split", (x) => tf.mul(tf.split(x, [1, 2], 1)[1]!, 3)],
  ["unstack and stack", (x) => tf.stack(tf.unstack(x).map((row, i) => tf.mul(row, i + 2)))],
  ["concat", (x) => tf.square(tf.concat([x, tf.mul(x, 3)], 1))],
];

describe("gradients", () => {
  it.each(functions)("%s agrees with finite differences", (_name, f) => {
    tf.tidy(() => {
      const values = Float32Array.from([0.5, 1.3, 0.8, 1.9, 0.45, 1.55]);
      const loss = (x: Tensor) => tf.sum(f(x));
      const gradient = tf
        .grads(loss)([place(values, [2, 3])])[0]!
        .dataSync();
      values.forEach((x, i) => {
        const at = (d: number) => {
          const moved = Float32Array.from(values);
          moved[i] = x + d;
          return loss(place(moved, [2, 3])).dataSync()[0]!;
        };
        const slope = (at(0.01) - at(-0.01)) / 0.02;
        expect(Math.abs(slope - gradient[i]!)).toBeLessThan(3e-3 * (1 + Math.abs(slope)));
      });
    });
  });
});
