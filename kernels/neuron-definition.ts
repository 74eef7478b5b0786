import type { Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { DivergenceError } from "../core/errors.ts";
import type { DefinedNeuron } from "./neuron-kernels.ts";
import type { NeuronRun } from "./neuron-run.ts";

type DefinedRun = NeuronRun & { readonly neuron: DefinedNeuron };

export function isDefined<R extends NeuronRun>(run: R): run is R & DefinedRun {
  return run.neuron.kernel === "definition";
}

/**
 * A neuron without a kernel over all ticks: its definition, tick after tick, in plain tfjs ops, differentiable by tfjs in
 * whatever they are differentiable in. What a compiled neuron does in one call takes some hundred here.
 *
 * @param currents [inputs, batch, inputsPerUnit x units], each shown for `run.repeat` ticks
 * @param constants [rows, units]
 * @param initial [states, batch, units]; the resting state if absent
 * @returns the output as `run.mean` says, the last state, and [ticks, states, batch, units]
 * @throws DivergenceError where the last state holds a NaN
 */
export function runDefinition(
  currents: Tensor3D,
  constants: Tensor2D,
  run: DefinedRun,
  initial: Tensor3D | undefined,
): { output(): Tensor2D | Tensor3D; readonly state: Tensor3D; states(): Tensor4D } {
  const { neuron, repeat, mean, name = "neuron without a kernel" } = run;
  const shown = tf.unstack(currents) as Tensor2D[];
  const units = currents.shape[2] / neuron.inputsPerUnit;
  let state = initial ?? neuron.rest(currents.shape[1], units);
  const outputs: Tensor2D[] = [];
  const states: Tensor3D[] = [];
  for (const current of shown) {
    for (let k = 0; k < repeat; k++) {
      const next = neuron.tick(constants, state, current, neuron.surrogate);
      state = next.state;
      outputs.push(next.output);
      states.push(state);
    }
  }
  if (state.dataSync().some(Number.isNaN)) {
    throw new DivergenceError(`${name}: a state is not a number; check its step and what feeds it`);
  }
  return {
    output: () => (mean ? (tf.mean(tf.stack(outputs), 0) as Tensor2D) : (tf.stack(outputs) as Tensor3D)),
    state,
    states: () => tf.stack(states) as Tensor4D,
  };
}
