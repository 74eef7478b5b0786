import type { Tensor1D, Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ShapeError } from "../core/errors.ts";
import type { Rng } from "../core/rng.ts";
import { type LayerRun, type Projected, runLayer } from "../kernels/layer.ts";
import { place, storage } from "../kernels/load.ts";
import { project } from "../kernels/mlp.ts";
import { runNeuron, runNeuronCarry, traceNeuron } from "../kernels/neuron.ts";
import type { NeuronRun } from "../kernels/neuron-run.ts";
import { fillXavier } from "../tensors/initialise.ts";
import { ParameterLayout } from "../tensors/layout.ts";
import { type NeuronConstants, type NeuronModel, restingState } from "./neuron-model.ts";
import { trainedArrays, trainedKernelConstants } from "./trained-constants.ts";

/** What happened inside a layer, tick by tick. */
export interface LayerTrace {
  readonly output: Tensor3D;
  readonly spikes: Tensor3D;
  readonly states: Tensor4D;
}

/**
 * How weights begin: `xavier` (Glorot & Bengio 2010, as published), or `firing`: uniform, so that inputs of unit variance
 * make currents of the model's `startingCurrent` and the population neither silent nor saturated.
 */
export const initialisations = ["xavier", "firing"] as const;
export type Initialisation = (typeof initialisations)[number];

/** What the neurons of a layer send, to be changed in place on its way. */
export interface DeliveredSpikes {
  /** [ticks, batch, width] */
  readonly outputs: Float32Array;
  readonly ticks: number;
  readonly batch: number;
  readonly width: number;
  /** What the layer was shown: [inputs, batch, inputSize]. */
  readonly inputs: Float32Array;
  readonly inputSize: number;
}

export type SpikeFault = (spikes: DeliveredSpikes) => void;

/**
 * A fully connected layer of spiking neurons:
 *
 *   I[i] = x[i] W + b for each distinct input i;  then the neurons over all ticks
 *
 * Each distinct input is projected once, not once a tick. Parameters: one flat vector of W [inputs, inputsPerUnit x units],
 * b [inputsPerUnit x units], and one array for each constant of the neurons that is trained (neurons/constant.ts).
 */
export class SpikingLayer {
  readonly model: NeuronModel;
  readonly inputSize: number;
  readonly units: number;
  /** Width of the output: spike trains of all units. */
  readonly outputSize: number;
  readonly ticks: number;
  readonly repeat: number;
  readonly layout: ParameterLayout;
  /** Who it is, for errors. */
  readonly name: string;
  /** What happens to the neurons' output on its way to whoever reads it; none: null. It has no gradient. */
  fault: SpikeFault | null = null;
  readonly #projection: { sizes: readonly [number, number]; members: number };
  readonly #meanRun: NeuronRun & Projected;
  readonly #tickRun: NeuronRun & Projected;

  constructor(
    model: NeuronModel,
    inputSize: number,
    units: number,
    ticks: number,
    repeat: number,
    name = `spiking layer (${model.id})`,
  ) {
    const width = model.inputsPerUnit * units;
    this.model = model;
    this.inputSize = inputSize;
    this.units = units;
    this.outputSize = model.outputsPerUnit * units;
    this.ticks = ticks;
    this.repeat = repeat;
    this.name = name;
    this.#projection = { sizes: [inputSize, width], members: 1 };
    const run = {
      neuron: model.kernel,
      repeat,
      trainsConstants: model.trained.length > 0,
      name,
      size: inputSize,
      width,
    };
    this.#meanRun = { ...run, mean: true };
    this.#tickRun = { ...run, mean: false };
    this.layout = new ParameterLayout([
      ["0/0/weight", [inputSize, width]],
      ["0/0/bias", [width]],
      ...trainedArrays(model, units),
    ]);
  }

  /** Fresh weights, zero biases, trained constants at their start. */
  initialise(rng: Rng, initialisation: Initialisation = "xavier"): Float32Array {
    const flat = new Float32Array(this.layout.length);
    const weight = this.layout.view(flat, "0/0/weight");
    const stream = rng.split("0/0/weight");
    if (initialisation === "xavier") {
      fillXavier(weight, this.inputSize, this.model.inputsPerUnit * this.units, stream);
    } else {
      const bound = this.model.startingCurrent * Math.sqrt(3 / this.inputSize);
      stream.fillUniform(weight, -bound, bound);
    }
    return flat;
  }

  /** The neurons' constants: fixed, drawn, and where the trained ones begin. */
  constants(rng: Rng): NeuronConstants {
    return this.model.constants(this.units, this.ticks, rng);
  }

  /** The resting state, [states, batch, units]. */
  rest(batch: number): Tensor3D {
    return restingState(this.model, batch, this.units);
  }

  /**
   * Firing rates (mean output over the ticks), differentiable in inputs and parameters.
   *
   * @param inputs [inputs, batch, inputSize]
   * @param parameters flat, as `layout` says
   * @param constants [rows, units]
   * @param initial state before the first tick [states, batch, units]; at rest if absent
   * @returns [batch, outputSize]
   */
  rates(inputs: Tensor3D, parameters: Tensor1D, constants: Tensor2D, initial?: Tensor3D): Tensor2D {
    if (this.fault !== null) {
      return tf.mean(this.#delivered(this.spikes(inputs, parameters, constants, initial), inputs), 0);
    }
    return this.#run(inputs, parameters, constants, true, initial, false).output as Tensor2D;
  }

  /** The output of every tick, [ticks, batch, outputSize]; else as `rates`. */
  spikes(inputs: Tensor3D, parameters: Tensor1D, constants: Tensor2D, initial?: Tensor3D): Tensor3D {
    return this.#run(inputs, parameters, constants, false, initial, false).output as Tensor3D;
  }

  /** Rates, and the state after the last tick to go on from; differentiable through both. */
  ratesCarry(
    inputs: Tensor3D,
    parameters: Tensor1D,
    constants: Tensor2D,
    initial?: Tensor3D,
  ): { rates: Tensor2D; state: Tensor3D } {
    const mean = this.fault === null;
    const { output, state } = this.#run(inputs, parameters, constants, mean, initial, true);
    return {
      rates: mean ? (output as Tensor2D) : tf.mean(this.#delivered(output as Tensor3D, inputs), 0),
      state: state!,
    };
  }

  /** The same pass with everything kept: output and spikes [ticks, batch, outputSize], states [ticks, states, batch, units]. */
  trace(inputs: Tensor3D, parameters: Tensor1D, constants: Tensor2D, initial?: Tensor3D): LayerTrace {
    const values = this.#values(inputs, parameters, constants);
    const currents = project(inputs, parameters, this.#projection);
    const { spikeKernel } = this.model;
    const run = this.#tickRun;
    const { output, states } = traceNeuron(currents, values, run, initial);
    const spikes =
      spikeKernel === undefined
        ? output
        : (runNeuron(currents, values, { ...run, neuron: spikeKernel }, initial) as Tensor3D);
    return { output: this.#delivered(output, inputs), spikes, states };
  }

  /** What arrives of the neurons' output [ticks, batch, outputSize]. */
  #delivered(output: Tensor3D, inputs: Tensor3D): Tensor3D {
    if (this.fault === null) return output;
    const arrived = storage(output).slice();
    this.fault({
      outputs: arrived,
      ticks: this.ticks,
      batch: inputs.shape[1],
      width: this.outputSize,
      inputs: storage(inputs),
      inputSize: this.inputSize,
    });
    return place(arrived, output.shape) as Tensor3D;
  }

  /** Projection and neurons. */
  #run(
    inputs: Tensor3D,
    parameters: Tensor1D,
    constants: Tensor2D,
    mean: boolean,
    initial: Tensor3D | undefined,
    carry: boolean,
  ) {
    const values = this.#values(inputs, parameters, constants);
    const run = mean ? this.#meanRun : this.#tickRun;
    if (isCompiled(run)) return runLayer(inputs, parameters, values, run, initial, carry);
    return runNeuronCarry(project(inputs, parameters, this.#projection), values, run, initial);
  }

  /** What the kernel reads of the constants; checks what fits. */
  #values(inputs: Tensor3D, parameters: Tensor1D, constants: Tensor2D): Tensor2D {
    const [steps, , size] = inputs.shape;
    if (size !== this.inputSize || steps * this.repeat !== this.ticks) {
      throw new ShapeError(
        `${this.name}: inputs`,
        inputs.shape,
        `[${this.ticks / this.repeat}, batch, ${this.inputSize}]`,
      );
    }
    if (parameters.size !== this.layout.length) {
      throw new ShapeError(`${this.name}: parameters`, parameters.shape, `[${this.layout.length}]`);
    }
    return trainedKernelConstants(this.model, this.layout, parameters, constants, this.ticks);
  }
}

function isCompiled(run: NeuronRun & Projected): run is LayerRun {
  return run.neuron.kernel !== "definition";
}
