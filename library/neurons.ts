/**
 * `spikegym/neurons`: neuron models, encoders, readouts, layers and networks of them, single neurons under a current, and
 * the way to add one of your own. Await `useKernels()` once before anything that makes tensors. `tf` is the tfjs that
 * all of it runs on; another copy would not know these tensors.
 *
 * @module spikegym/neurons
 */
export * as tf from "@tensorflow/tfjs-core";
export { z } from "zod";
export { Rng } from "../core/rng.ts";
export { useKernels } from "../kernels/load.ts";
export { constantSchema } from "../neurons/constant.ts";
export { encoders, makeEncoder } from "../neurons/encoders/index.ts";
export type { SpikeEncoder } from "../neurons/encoders/spike-encoder.ts";
export { makeNeuron, type NeuronId, neurons, registerNeuron } from "../neurons/index.ts";
export { layers, makeLayer } from "../neurons/layers/index.ts";
export { Network, type NetworkPlan } from "../neurons/network.ts";
export { defineNeuron, type NeuronDefinition, type NeuronModel } from "../neurons/neuron-model.ts";
export { makeReadout, readouts } from "../neurons/readouts/index.ts";
export type { Readout } from "../neurons/readouts/readout.ts";
export { SpikingLayer } from "../neurons/spiking-layer.ts";
export { type StepNeuron, type Stepped, stepNeuron } from "../neurons/step-neuron.ts";
export { type Current, constantCurrent, sampledCurrent } from "../neurons/study/current.ts";
export { hodgkinHuxleySchema } from "../neurons/study/hodgkin-huxley.ts";
export { type HodgkinHuxleyRun, simulateHodgkinHuxley } from "../neurons/study/simulate-hh.ts";
export { simulateTicks } from "../neurons/study/simulate-ticks.ts";
export { surrogateDerivative, surrogateSchema } from "../neurons/surrogate.ts";
