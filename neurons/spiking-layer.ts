import type { Tensor1D, Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ShapeError } from "../core/errors.ts";
import type { Rng } from "../core/rng.ts";
import { initialiseMlp, mlp, mlpLayout } from "../kernels/mlp.ts";
import { runNeuron, traceNeuron } from "../kernels/neuron.ts";
import type { ParameterLayout } from "../tensors/layout.ts";
import type { NeuronConstants, NeuronModel } from "./neuron-model.ts";

/** What happened inside a layer, tick by tick. */
export interface LayerTrace {
  readonly output: Tensor3D;
  readonly spikes: Tensor3D;
  readonly states: Tensor4D;
}

/**
 * A fully connected layer of spiking neurons, read out as firing rates:
 *
 *   I[i] = x[i] W + b for each distinct input i;  r = mean over the ticks of the neurons' output
 *
 * Each distinct input is projected once, not once a tick. Parameters: one flat vector of W [inputs, units], b [units].
 */
export class SpikingLayer {
  readonly model: NeuronModel;
  readonly inputSize: number;
  readonly units: number;
  readonly ticks: number;
  readonly repeat: number;
  readonly layout: ParameterLayout;
  readonly #projection: { sizes: readonly number[]; members: number };

  constructor(model: NeuronModel, inputSize: number, units: number, ticks: number, repeat: number) {
    this.model = model;
    this.inputSize = inputSize;
    this.units = units;
    this.ticks = ticks;
    this.repeat = repeat;
    this.#projection = { sizes: [inputSize, units], members: 1 };
    this.layout = mlpLayout(this.#projection);
  }

  /** Xavier-uniform weights, zero biases. */
  initialise(rng: Rng): Float32Array {
    return initialiseMlp(this.#projection, rng);
  }

  /** The neurons' fixed constants. */
  constants(rng: Rng): NeuronConstants {
    return this.model.constants(this.units, this.ticks, rng);
  }

  /**
   * Firing rates, differentiable in inputs and parameters.
   *
   * @param inputs [inputs, batch, inputSize]
   * @param parameters flat, as `layout` says
   * @param constants [rows, units]
   * @returns [batch, units]
   */
  rates(inputs: Tensor3D, parameters: Tensor1D, constants: Tensor2D): Tensor2D {
    const currents = this.#currents(inputs, parameters);
    return runNeuron(currents, constants, { neuron: this.model.kernel, repeat: this.repeat, mean: true });
  }

  /** The same pass with everything kept: output and spikes [ticks, batch, units], states [ticks, states, batch, units]. */
  trace(inputs: Tensor3D, parameters: Tensor1D, constants: Tensor2D): LayerTrace {
    const currents = this.#currents(inputs, parameters);
    const { kernel, spikeKernel } = this.model;
    const run = { neuron: kernel, repeat: this.repeat, mean: false };
    const { output, states } = traceNeuron(currents, constants, run);
    const spikes =
      spikeKernel === undefined
        ? output
        : (runNeuron(currents, constants, { ...run, neuron: spikeKernel }) as Tensor3D);
    return { output, spikes, states };
  }

  #currents(inputs: Tensor3D, parameters: Tensor1D): Tensor3D {
    const [steps, batch, size] = inputs.shape;
    if (size !== this.inputSize || steps * this.repeat !== this.ticks) {
      throw new ShapeError(
        `spiking layer (${this.model.id}): inputs`,
        inputs.shape,
        `[${this.ticks / this.repeat}, batch, ${this.inputSize}]`,
      );
    }
    const flat = tf.reshape(inputs, [steps * batch, size]) as Tensor2D;
    return tf.reshape(mlp(flat, parameters, this.#projection), [steps, batch, this.units]);
  }
}
