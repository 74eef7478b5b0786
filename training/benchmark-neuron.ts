import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { Rng } from "../core/rng.ts";
import { place, useKernels } from "../kernels/load.ts";
import { keptBytes, runNeuron } from "../kernels/neuron.ts";
import { makeNeuron, type NeuronId, neurons } from "../neurons/index.ts";
import { SpikingLayer } from "../neurons/spiking-layer.ts";
import { median } from "./statistics/descriptive.ts";
import type { TorchNeurons } from "./torch-baseline.ts";

/** Batch 64 x 128 units, 15 ticks; the layer sees five inputs of 11 numbers, each for 3 ticks. */
const BATCH = 64;
const UNITS = 128;
const INPUTS = 11;
const WINDOW = 5;
const REPEAT = 3;
const TICKS = WINDOW * REPEAT;
/** Passes before the first that counts: V8 compiles what runs often while it runs, and a learner runs it a million times. */
const WARM_UP = 200;

/** One integration step a tick, so that neuron-ticks are the same work for all of a kind. */
const PARAMETERS: Partial<Record<NeuronId, Record<string, unknown>>> = {
  hh: { tickMs: 1, substeps: 1 },
  "tv-lif2hh": { tickMs: 1, substeps: 1 },
  izhikevich: { tickMs: 0.5, substeps: 1 },
};

/** What bench/torch_neuron.py has. */
const IN_TORCH: readonly NeuronId[] = ["ann", "lif", "alif", "izhikevich", "s-lif2hh", "hh-published", "hh"];

export interface NeuronSpeed {
  /** Neurons x ticks a second, forward only, the neurons alone with a current of their own at every tick. */
  readonly forwardPerSecond: number;
  /** The layer, projection included: forward and backward pass over all ticks, ms. */
  readonly forwardBackwardMs: number;
  /** Kept for the backward pass, bytes for a neuron and tick. */
  readonly keptBytesPerTick: number;
  /** The same layer in PyTorch, op by op. */
  readonly torchForwardBackwardMs?: number;
  /** How many times as fast: median over the rounds of neighbouring runs. */
  readonly ratio?: number;
  /** The same by the least disturbed runs of both. */
  readonly undisturbedRatio?: number;
}

/** One neuron's layer on random data, ready to be timed. */
class NeuronBenchmark {
  readonly #layer: SpikingLayer;
  readonly #currents: Tensor3D;
  readonly #inputs: Tensor3D;
  readonly #parameters: Tensor1D;
  readonly #constants: Tensor2D;
  readonly #gradient: Tensor2D;
  readonly keptBytesPerTick: number;

  constructor(id: NeuronId) {
    const model = makeNeuron(id, PARAMETERS[id] ?? {});
    const rng = new Rng("benchmark");
    const layer = new SpikingLayer(model, INPUTS, UNITS, TICKS, REPEAT);
    const normals = (...shape: number[]) => {
      const values = new Float32Array(shape.reduce((product, n) => product * n, 1));
      rng.fillNormal(values);
      return place(values, shape);
    };
    this.#layer = layer;
    this.#currents = normals(TICKS, BATCH, UNITS * model.inputsPerUnit) as Tensor3D;
    this.#inputs = normals(WINDOW, BATCH, INPUTS) as Tensor3D;
    this.#parameters = place(layer.initialise(rng)) as Tensor1D;
    const { rows, values } = layer.constants(rng);
    this.#constants = place(values, [rows, UNITS]) as Tensor2D;
    this.#gradient = normals(BATCH, layer.outputSize) as Tensor2D;
    const run = { ticks: TICKS, batch: BATCH, mean: true, trainsConstants: model.trained.length > 0 };
    this.keptBytesPerTick = keptBytes(model.kernel, run) / TICKS;
  }

  forwardMs(): number {
    const run = { neuron: this.#layer.model.kernel, repeat: 1, mean: true } as const;
    const start = performance.now();
    tf.tidy(() => void runNeuron(this.#currents, this.#constants, run));
    return performance.now() - start;
  }

  forwardBackwardMs(): number {
    const rates = (parameters: Tensor) =>
      this.#layer.rates(this.#inputs, parameters as Tensor1D, this.#constants);
    const start = performance.now();
    tf.tidy(() => void tf.grads(rates)([this.#parameters], this.#gradient));
    return performance.now() - start;
  }

  dispose(): void {
    tf.dispose([this.#currents, this.#inputs, this.#parameters, this.#constants, this.#gradient]);
  }
}

/**
 * Medians of each neuron's fused kernel; the neurons take turns, so that a slow second of the machine hits them all.
 *
 * @param torch measured in the same rounds, if given
 */
export async function benchmarkNeurons(
  rounds: number,
  onProgress?: (done: number, total: number) => void,
  torch?: TorchNeurons,
): Promise<Record<string, NeuronSpeed>> {
  await useKernels();
  const entries = neurons.ids.map((id) => ({
    id,
    benchmark: new NeuronBenchmark(id),
    forward: [] as number[],
    both: [] as number[],
    rounds: [] as number[],
    torch: [] as { forwardBackwardMs: number; undisturbedMs: number }[],
  }));
  for (const { benchmark } of entries) {
    for (let k = 0; k < WARM_UP; k++) {
      benchmark.forwardMs();
      benchmark.forwardBackwardMs();
    }
  }
  const total = rounds * entries.length;
  for (let round = 0; round < rounds; round++) {
    for (const [i, entry] of entries.entries()) {
      // A pass takes milliseconds at most: several of them, and the first ones bring their data into the caches.
      const spans: number[] = [];
      for (let k = 0; k < 25; k++) {
        const [forward, both] = [entry.benchmark.forwardMs(), entry.benchmark.forwardBackwardMs()];
        if (k < 5) continue;
        entry.forward.push(forward);
        spans.push(both);
      }
      entry.both.push(...spans);
      entry.rounds.push(median(spans));
      if (torch !== undefined && IN_TORCH.includes(entry.id)) entry.torch.push(await torch.measure(entry.id));
      onProgress?.(round * entries.length + i + 1, total);
    }
  }
  const size = BATCH * UNITS * TICKS * 1000;
  const result: Record<string, NeuronSpeed> = {};
  for (const { id, benchmark, forward, both, rounds: own, torch: theirs } of entries) {
    result[id] = {
      forwardPerSecond: size / median(forward),
      forwardBackwardMs: median(both),
      keptBytesPerTick: benchmark.keptBytesPerTick,
      ...(theirs.length === 0
        ? {}
        : {
            torchForwardBackwardMs: median(theirs.map((t) => t.forwardBackwardMs)),
            ratio: median(theirs.map((t, i) => t.forwardBackwardMs / own[i]!)),
            undisturbedRatio: Math.min(...theirs.map((t) => t.undisturbedMs)) / firstTenth(both),
          }),
    };
    benchmark.dispose();
  }
  return result;
}

function firstTenth(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 10)]!;
}
