import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { UsageError } from "../../core/errors.ts";
import { runNeuron, traceNeuron } from "../../kernels/neuron.ts";
import type { NeuronModel } from "../neuron-model.ts";

// What all layers do with the currents they have worked out, [inputs, batch, units], each shown for `repeat` ticks.

/** Mean output over the ticks, [batch, units]. */
export function meanOutput(
  model: NeuronModel,
  currents: Tensor3D,
  repeat: number,
  constants: Tensor2D,
): Tensor2D {
  return runNeuron(currents, constants, { neuron: model.kernel, repeat, mean: true });
}

/** Output of every tick, [ticks, batch, units]. */
export function everyOutput(
  model: NeuronModel,
  currents: Tensor3D,
  repeat: number,
  constants: Tensor2D,
): Tensor3D {
  return runNeuron(currents, constants, { neuron: model.kernel, repeat, mean: false }) as Tensor3D;
}

/** Output, spikes and states of every tick; no gradient. */
export function tracePopulation(model: NeuronModel, currents: Tensor3D, repeat: number, constants: Tensor2D) {
  const run = { neuron: model.kernel, repeat, mean: false };
  const { output, states } = traceNeuron(currents, constants, run);
  const spikes =
    model.spikeKernel === undefined
      ? output
      : (runNeuron(currents, constants, { ...run, neuron: model.spikeKernel }) as Tensor3D);
  return { output, spikes, states };
}

/**
 * The model's definition run tick by tick, differentiable in everything.
 *
 * @param drive the current of a tick [batch, units], given the tick and the output of the tick before (zero at first)
 */
export function scanPopulation(
  model: NeuronModel,
  size: { ticks: number; batch: number; units: number },
  constants: Tensor2D,
  drive: (tick: number, before: Tensor2D) => Tensor2D,
): { outputs: Tensor3D; membranes(): Tensor3D } {
  const { ticks, batch, units } = size;
  let state = model.rest(batch, units);
  let output = tf.zeros([batch, units]) as Tensor2D;
  const outputs: Tensor2D[] = [];
  const membranes: (Tensor2D | undefined)[] = [];
  for (let t = 0; t < ticks; t++) {
    const next = model.step(constants, state, drive(t, output), t, ticks);
    state = next.state;
    output = next.output;
    outputs.push(output);
    membranes.push(state.v);
  }
  return {
    outputs: tf.stack(outputs) as Tensor3D,
    membranes() {
      const kept = membranes.filter((v) => v !== undefined);
      if (kept.length < ticks) {
        throw new UsageError(`neuron "${model.id}" keeps no membrane; read its outputs instead`);
      }
      return tf.stack(kept) as Tensor3D;
    },
  };
}

/** Membrane after every tick, [ticks, batch, units]; differentiable. */
export function everyMembrane(
  model: NeuronModel,
  currents: Tensor3D,
  repeat: number,
  constants: Tensor2D,
): Tensor3D {
  const [inputs, batch, units] = currents.shape;
  const shown = tf.unstack(currents) as Tensor2D[];
  const size = { ticks: inputs * repeat, batch, units };
  return scanPopulation(model, size, constants, (t) => shown[Math.floor(t / repeat)]!).membranes();
}
