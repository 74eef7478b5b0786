import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { Rng } from "../core/rng.ts";
import { fusedAdam } from "../kernels/fused-adam.ts";
import { place, storage, useKernels } from "../kernels/load.ts";
import { runNeuronCarry } from "../kernels/neuron.ts";
import { makeNeuron } from "../neurons/index.ts";
import { SpikingLayer } from "../neurons/spiking-layer.ts";
import { adamInit } from "../tensors/adam.ts";

/**
 * `npx tsx scripts/hh-gradients.ts [seeds]`: the evidence of docs/decisions/biophysical-hh.md. How the gradient of `hh`
 * grows backwards through time under each of its gradient options, and what each of them learns.
 */
const seeds = Number(process.argv[2] ?? 3);
await useKernels();

const options: [string, Record<string, unknown>][] = [
  ["spikes, full gradient", { detachAboveMv: null }],
  ["spikes, detached above -50 mV", { detachAboveMv: -50 }],
  ["spikes, detached above -20 mV", { detachAboveMv: -20 }],
  ["spikes, detachGates", { detachGates: true }],
  ["release, full gradient", { smoothMv: 10, thresholdMv: -45, detachAboveMv: null }],
  ["release, detached above -50 mV", { smoothMv: 10, thresholdMv: -45, detachAboveMv: -50 }],
  ["release, detachGates", { smoothMv: 10, thresholdMv: -45, detachGates: true }],
];

/**
 * Norm of d V(T) / d V(T - k): median and greatest over 256 neurons that fire, k in ms, ticks of 1 ms in 2 substeps.
 */
function growth(parameters: Record<string, unknown>, ticks: number): [median: number, greatest: number] {
  const model = makeNeuron("hh", { tickMs: 1, substeps: 2, ...parameters });
  return tf.tidy(() => {
    const rng = new Rng("growth");
    const units = 256;
    const { rows, values } = model.constants(units, ticks, rng);
    const constants = place(values, [rows, units]) as Tensor2D;
    const draw = (n: number) => {
      const x = new Float32Array(n * units);
      rng.fillNormal(x);
      return place(x, [n, 1, units]) as Tensor3D;
    };
    const run = { neuron: model.kernel, repeat: 1, mean: true };
    // Away from rest first, each neuron at its own point of the cycle.
    const { state } = runNeuronCarry(draw(40), constants, run);
    const later = draw(ticks);
    const voltage = (from: Tensor) => {
      const end = runNeuronCarry(later, constants, run, from as Tensor3D).state;
      return tf.sum(tf.slice(end, [0, 0, 0], [1, -1, -1]));
    };
    const gradient = tf.grads(voltage)([state])[0]!;
    const slopes = [...storage(gradient).subarray(0, units)].map(Math.abs).sort((a, b) => a - b);
    return [slopes[units >> 1]!, slopes.at(-1)!];
  });
}

const CLASSES = 4;
const SIZE = 16;

/**
 * Share right on fresh examples of a small task that needs credit through time: which of four patterns lies under the noise
 * of the first 10 ms, 20 ms of noise following. 300 updates of Adam.
 */
function learn(parameters: Record<string, unknown>, seed: number, rate: number): number {
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

const spans = [5, 10, 20, 40];
console.log(`|dV(T)/dV(T - k)|: median / greatest of 256 firing neurons; k = ${spans.join(", ")} ms`);
for (const [name, parameters] of options.filter(([name]) => name.startsWith("spikes"))) {
  const cells = spans.map((k) =>
    growth(parameters, k)
      .map((x) => x.toExponential(1))
      .join(" / "),
  );
  console.log(`${name.padEnd(32)} ${cells.map((cell) => cell.padStart(19)).join("")}`);
}
console.log(
  `\na pattern in the first 10 of 30 ms, 32 neurons, 300 updates: share right, mean of ${seeds} seeds, by learning rate`,
);
for (const [name, parameters] of options) {
  const cells = [0.003, 0.01, 0.03].map((rate) => {
    let sum = 0;
    for (let seed = 0; seed < seeds; seed++) sum += learn(parameters, seed, rate);
    return `${rate}: ${(sum / seeds).toFixed(3)}`;
  });
  console.log(`${name.padEnd(32)} ${cells.join("   ")}`);
}
