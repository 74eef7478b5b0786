import type { Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { UsageError } from "../../core/errors.ts";
import type { Rng } from "../../core/rng.ts";
import { runNeuron, runNeuronCarry, traceNeuron } from "../../kernels/neuron.ts";
import { ParameterLayout } from "../../tensors/layout.ts";
import { type NeuronConstants, type NeuronModel, restingState } from "../neuron-model.ts";
import { isTrainedConstant, trainedArrays, trainedKernelConstants } from "../trained-constants.ts";
import type { CarriedOutputs, LayerTensors } from "./layer.ts";
import { cutParameters } from "./projection.ts";
import { constantsOfTick } from "./tick-constants.ts";

/** Currents [inputs, batch, inputsPerUnit x units], each shown for `repeat` ticks, and the constants they meet. */
interface Driven {
  readonly currents: Tensor3D;
  readonly repeat: number;
  readonly tensors: Pick<Cut, "trained" | "constants">;
}

/** A layer's tensors, cut into what it projects with and what its neurons take. */
export interface Cut {
  readonly projection: Tensor1D;
  /** Undefined where nothing of the neurons is trained. */
  readonly trained: Tensor1D | undefined;
  readonly constants: Tensor2D;
}

/** The neurons of a layer: what every kind of layer does with the currents it has worked out. */
export class Population {
  readonly name: string;
  readonly model: NeuronModel;
  readonly units: number;
  /** The trained constants alone: the end of a layer's layout. */
  readonly #trained: ParameterLayout;

  constructor(name: string, model: NeuronModel, units: number) {
    this.name = name;
    this.model = model;
    this.units = units;
    this.#trained = new ParameterLayout(trainedArrays(model, units));
  }

  /** A layer's own parameters, and its neurons' trained constants wherever they come from. */
  cut(layout: ParameterLayout, { parameters, constants, shared }: LayerTensors): Cut {
    const own = layout.slots.find(({ name }) => isTrainedConstant(name))?.name;
    const { before, rest } = cutParameters(layout, parameters, own);
    return { projection: before, trained: rest ?? this.#endOf(shared), constants };
  }

  /** Currents a row takes. */
  get inputWidth(): number {
    return this.model.inputsPerUnit * this.units;
  }

  /** Spike trains a row gives. */
  get outputWidth(): number {
    return this.model.outputsPerUnit * this.units;
  }

  constants(ticks: number, rng: Rng): NeuronConstants {
    return this.model.constants(this.units, ticks, rng);
  }

  /** Mean output over the ticks, [batch, outputWidth]: fused, no tick is kept. */
  mean(driven: Driven): Tensor2D {
    const run = { ...this.#run(driven.repeat), mean: true } as const;
    return runNeuron(driven.currents, this.#values(driven.tensors, ticksOf(driven)), run);
  }

  /** Output of every tick, [ticks, batch, outputWidth]. */
  outputs(driven: Driven): Tensor3D {
    const run = { ...this.#run(driven.repeat), mean: false };
    return runNeuron(driven.currents, this.#values(driven.tensors, ticksOf(driven)), run) as Tensor3D;
  }

  /** The neurons at rest, [states, batch, units]. */
  rest(batch: number): Tensor3D {
    return restingState(this.model, batch, this.units);
  }

  /** The same from the neurons' state before the first tick [states, batch, units] to the one after the last. */
  outputsCarry(driven: Driven, before: Tensor3D): CarriedOutputs {
    const run = { ...this.#run(driven.repeat), mean: false };
    const values = this.#values(driven.tensors, ticksOf(driven));
    const { output, state } = runNeuronCarry(driven.currents, values, run, before);
    return { outputs: output as Tensor3D, after: state };
  }

  /** Membrane after every tick, [ticks, batch, outputWidth]; differentiable. */
  membranes({ currents, repeat, tensors }: Driven): Tensor3D {
    const shown = tf.unstack(currents) as Tensor2D[];
    return this.scan(shown.length * repeat, tensors, (t) => shown[Math.floor(t / repeat)]!).membranes();
  }

  /**
   * Tick by tick, the state carried from kernel call to kernel call; differentiable.
   *
   * @param drive the currents of a tick [batch, inputWidth], given the output of the tick before (undefined at first)
   * @param from where the run goes on from; at rest, with no output before it, where absent
   */
  scan(
    ticks: number,
    tensors: Driven["tensors"],
    drive: (tick: number, before: Tensor2D | undefined) => Tensor2D,
    from?: { readonly output: Tensor2D; readonly state: Tensor3D },
  ) {
    const values = this.#values(tensors, ticks);
    const run = { ...this.#run(1), mean: true };
    const outputs: Tensor2D[] = [];
    const currents: Tensor2D[] = [];
    const states: Tensor3D[] = [];
    for (let t = 0; t < ticks; t++) {
      const current = drive(t, outputs.at(-1) ?? from?.output);
      const now = constantsOfTick(this.model, values, t, ticks);
      const shown = tf.reshape(current, [1, ...current.shape]) as Tensor3D;
      const carried = runNeuronCarry(shown, now, run, states.at(-1) ?? from?.state);
      outputs.push(carried.output as Tensor2D);
      currents.push(current);
      states.push(carried.state);
    }
    return {
      outputs: () => tf.stack(outputs) as Tensor3D,
      mean: () => tf.mean(tf.stack(outputs), 0) as Tensor2D,
      currents: () => tf.stack(currents) as Tensor3D,
      last: () => ({ output: outputs.at(-1)!, state: states.at(-1)! }),
      membranes: () => tf.stack(states.map((state) => this.#membraneOf(state))) as Tensor3D,
    };
  }

  /** Output, spikes and states of every tick; no gradient. */
  trace(driven: Driven) {
    const { model } = this;
    const { currents, repeat } = driven;
    const values = this.#values(driven.tensors, ticksOf(driven));
    const run = { ...this.#run(repeat), mean: false };
    const { output, states } = traceNeuron(currents, values, run);
    const spikes =
      model.spikeKernel === undefined
        ? output
        : (runNeuron(currents, values, { ...run, neuron: model.spikeKernel }) as Tensor3D);
    return { output, spikes, states };
  }

  /** The membranes among the states [states, batch, units], a plane each: [batch, outputWidth]. */
  #membraneOf(states: Tensor3D): Tensor2D {
    const { model } = this;
    const isMembrane = (name: string) =>
      model.variables.some((v) => v.role === "membrane" && v.name.toLowerCase() === name.toLowerCase());
    const wanted = model.states.flatMap((name, i) => (isMembrane(name) ? [i] : []));
    if (wanted.length !== model.outputsPerUnit) {
      throw new UsageError(`layer "${this.name}": neuron "${model.id}" keeps no membrane; read its outputs`);
    }
    const planes = tf.unstack(states) as Tensor2D[];
    return wanted.length === 1
      ? planes[wanted[0]!]!
      : (tf.concat(
          wanted.map((i) => planes[i]!),
          1,
        ) as Tensor2D);
  }

  #run(repeat: number) {
    const { model, name } = this;
    return {
      neuron: model.kernel,
      repeat,
      trainsConstants: model.trained.length > 0,
      name: `layer "${name}"`,
    };
  }

  #values({ trained, constants }: Driven["tensors"], ticks: number): Tensor2D {
    if (trained === undefined) return constants;
    return trainedKernelConstants(this.model, this.#trained, trained, constants, ticks);
  }

  /** The trained constants at the end of another layer's parameters. */
  #endOf(parameters: Tensor1D | undefined): Tensor1D | undefined {
    const { length } = this.#trained;
    if (parameters === undefined || length === 0) return undefined;
    return tf.split(parameters, [parameters.size - length, length])[1] as Tensor1D;
  }
}

function ticksOf({ currents, repeat }: Driven): number {
  return currents.shape[0] * repeat;
}
