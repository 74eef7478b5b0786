import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { Rng } from "../../core/rng.ts";
import { fusedAdam } from "../../kernels/fused-adam.ts";
import { place, storage } from "../../kernels/load.ts";
import { makeNeuron } from "../../neurons/index.ts";
import { SpikingLayer } from "../../neurons/spiking-layer.ts";
import { adamInit } from "../../tensors/adam.ts";

const CLASSES = 4;
const SIZE = 16;

/**
 * Share right on fresh examples of a small task that needs credit through time: which of four patterns lies under the noise
 * of the first 10 ms, 20 ms of noise following. 300 updates of Adam.
 */
export function learnPattern(
  parameters: Readonly<Record<string, unknown>>,
  seed: number,
  rate: number,
): number {
  const rng = new Rng(`learn/${seed}`);
  const model = makeNeuron("hh", { tickMs: 2, substeps: 4, ...parameters });
  const layer = new SpikingLayer(model, SIZE, 32, 15, 5);
  const patterns = new Float32Array(CLASSES * SIZE);
  rng.split("patterns").fillNormal(patterns, 0, 1);
  const examples = rng.split("examples");
  const batch = 64;
  const draw = () => {
    const x = new Float32Array(3 * batch * SIZE);
    examples.fillNormal(x);
    const labels = Array.from({ length: batch }, () => examples.integer(CLASSES));
    labels.forEach((label, b) => {
      for (let i = 0; i < SIZE; i++) x[b * SIZE + i]! += patterns[label * SIZE + i]!;
    });
    return { x: place(x, [3, batch, SIZE]) as Tensor3D, labels };
  };
  const { rows, values } = layer.constants(rng.split("constants"));
  const constants = place(values, [rows, 32]) as Tensor2D;
  const body = place(layer.initialise(rng.split("body"), "firing")) as Tensor1D;
  const start = new Float32Array(32 * CLASSES);
  rng.split("head").fillNormal(start, 0, 0.3);
  const head = place(start) as Tensor1D;
  let [bodyAdam, headAdam] = [adamInit(body), adamInit(head)];
  const logits = (b: Tensor1D, h: Tensor1D, x: Tensor3D) =>
    tf.matMul(layer.rates(x, b, constants), tf.reshape(h, [32, CLASSES]) as Tensor2D);
  for (let update = 0; update < 300; update++) {
    tf.tidy(() => {
      const { x, labels } = draw();
      const target = tf.tensor2d(labels.map((l) => [0, 1, 2, 3].map((k) => (k === l ? 1 : 0))));
      const loss = (b: Tensor, h: Tensor) => {
        const out = logits(b as Tensor1D, h as Tensor1D, x);
        const normaliser = tf.log(tf.sum(tf.exp(out), 1));
        return tf.mean(tf.sub(normaliser, tf.sum(tf.mul(out, target), 1)));
      };
      const [onBody, onHead] = tf.grads(loss)([body, head]) as [Tensor1D, Tensor1D];
      bodyAdam = fusedAdam(body, onBody, bodyAdam, { learningRate: rate });
      headAdam = fusedAdam(head, onHead, headAdam, { learningRate: 0.02 });
    });
  }
  return tf.tidy(() => {
    let right = 0;
    for (let k = 0; k < 16; k++) {
      const { x, labels } = draw();
      const out = storage(logits(body, head, x));
      labels.forEach((label, b) => {
        const scores = out.subarray(b * CLASSES, (b + 1) * CLASSES);
        if (scores.indexOf(Math.max(...scores)) === label) right++;
      });
    }
    return right / (16 * batch);
  });
}
