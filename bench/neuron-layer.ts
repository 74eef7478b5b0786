import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { Rng } from "../core/rng.ts";
import type { KernelFunctions } from "../kernels/host.ts";
import { place, useKernels } from "../kernels/load.ts";
import { makeNeuron, type NeuronId } from "../neurons/index.ts";
import { SpikingLayer } from "../neurons/spiking-layer.ts";
import { median } from "../training/statistics/descriptive.ts";

/**
 * `taskset -c 1 node --no-liftoff --import tsx bench/neuron-layer.ts [lif,hh-published,hh]`: what the time of a layer
 * consists of, forward and backward, on the sizes of `spikegym bench neuron`. Medians of the kernels called and of the whole;
 * what is left is tfjs' tape, memory and the calls themselves.
 */
const ids = (process.argv[2] ?? "lif,hh-published,hh").split(",") as NeuronId[];
const [BATCH, UNITS, INPUTS, WINDOW, REPEAT] = [64, 128, 11, 5, 3];
const TICKS = WINDOW * REPEAT;
/** The first ones are for V8 to compile. */
const WARM_UP = 2000;
const PASSES = 600;

const host = await useKernels();
const spans = new Map<string, number[]>();
const timed = Object.entries(host.call).map(([name, kernel]) => {
  const call = (...args: never[]) => {
    const start = performance.now();
    const result = (kernel as (...args: never[]) => unknown)(...args);
    const span = performance.now() - start;
    spans.get(name)?.push(span) ?? spans.set(name, [span]);
    return result;
  };
  return [name, typeof kernel === "function" ? call : kernel];
});
// Ops read the functions from the host at every call.
Object.assign(host, { call: Object.fromEntries(timed) as KernelFunctions });

for (const id of ids) {
  const model = makeNeuron(id, id === "hh" ? { tickMs: 1, substeps: 1 } : {});
  const rng = new Rng("benchmark");
  const layer = new SpikingLayer(model, INPUTS, UNITS, TICKS, REPEAT);
  const normals = (...shape: number[]) => {
    const values = new Float32Array(shape.reduce((product, n) => product * n, 1));
    rng.fillNormal(values);
    return place(values, shape);
  };
  const inputs = normals(WINDOW, BATCH, INPUTS) as Tensor3D;
  const parameters = place(layer.initialise(rng)) as Tensor1D;
  const { rows, values } = layer.constants(rng);
  const constants = place(values, [rows, UNITS]) as Tensor2D;
  const gradient = normals(BATCH, layer.outputSize) as Tensor2D;
  const rates = (p: Tensor) => layer.rates(inputs, p as Tensor1D, constants);
  const whole: number[] = [];
  for (let i = 0; i < WARM_UP + PASSES; i++) {
    if (i === WARM_UP) spans.clear();
    const start = performance.now();
    tf.tidy(() => void tf.grads(rates)([parameters], gradient));
    if (i >= WARM_UP) whole.push(performance.now() - start);
  }
  const parts = [...spans].map(([name, all]) => [name, median(all)] as const);
  const rest = median(whole) - parts.reduce((sum, [, ms]) => sum + ms, 0);
  console.log(`${id}: ${(median(whole) * 1e3).toFixed(1)} us`);
  for (const [name, ms] of [...parts, ["the rest", rest] as const]) {
    console.log(`  ${name.padEnd(18)}${(ms * 1e3).toFixed(1).padStart(8)}`);
  }
  spans.clear();
  tf.dispose([inputs, parameters, constants, gradient]);
}
