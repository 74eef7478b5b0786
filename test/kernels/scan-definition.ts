import type { Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { type NeuronModel, packState, restingState, unpackState } from "../../neurons/neuron-model.ts";

/** The definition, scanned from a state [states, batch, units]: every tick's output and state, and the last state. */
export function scan(
  model: NeuronModel,
  constants: Tensor2D,
  currents: Tensor3D,
  repeat: number,
  initial = restingState(model, currents.shape[1], currents.shape[2] / model.inputsPerUnit),
) {
  const ticks = currents.shape[0] * repeat;
  let state = unpackState(model, initial);
  const outputs: Tensor2D[] = [];
  const states: Tensor3D[] = [];
  for (let t = 0; t < ticks; t++) {
    const current = tf.squeeze(
      tf.slice(currents, [Math.floor(t / repeat), 0, 0], [1, -1, -1]),
      [0],
    ) as Tensor2D;
    const next = model.step(constants, state, current, t, ticks);
    outputs.push(next.output);
    state = next.state;
    states.push(packState(model, state));
  }
  return {
    output: tf.stack(outputs) as Tensor3D,
    states: tf.stack(states) as Tensor4D,
    last: states.at(-1)!,
  };
}
