import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { storage } from "../kernels/load.ts";
import { mlp } from "../kernels/mlp.ts";
import type { DecisionTrace, PopulationDescription } from "./algorithm.ts";
import { type Seen, seenOf } from "./seen.ts";
import type { SpikingActor } from "./spiking-actor.ts";

/**
 * One decision of the evaluated policy with everything kept.
 *
 * @param memory overwritten; only where the policy carries any
 * @param decide the action and the value from the heads' outputs
 */
export function traceDecision(
  actor: SpikingActor,
  window: Float32Array,
  neurons: readonly number[],
  memory: Float32Array | undefined,
  decide: (heads: Float32Array, seen: Seen) => Pick<DecisionTrace, "action" | "value">,
): DecisionTrace {
  const { encoder, neuron, population: units } = actor.shape;
  const { front, body, heads } = actor.evaluated;
  return tf.tidy(() => {
    const x = actor.place(window, 1);
    const before = actor.carries ? actor.placeMemory(1, memory) : undefined;
    const initial = before?.at(-1);
    const { inputs, after } = actor.front.show(x, front, before);
    const { output, spikes, states } = actor.layer.trace(inputs, body, actor.constants, initial);
    if (initial !== undefined) {
      const { state } = actor.layer.ratesCarry(inputs, body, actor.constants, initial);
      actor.memory!.read([...after, state], memory!);
    }
    const rates = tf.mean(output, 0) as Tensor2D;
    const decision = decide(storage(mlp(rates, heads, actor.headShape)), seenOf([{ window: x }]));
    const width = neuron.variables.length;
    const variables = new Float32Array(encoder.ticks * neurons.length * width);
    const one = new Float32Array(encoder.ticks * width);
    const kept = {
      ticks: encoder.ticks,
      units,
      states: storage(states),
      constants: storage(actor.constants),
    };
    neurons.forEach((unit, i) => {
      neuron.readVariables(kept, unit, one);
      for (let t = 0; t < encoder.ticks; t++) {
        variables.set(one.subarray(t * width, (t + 1) * width), (t * neurons.length + i) * width);
      }
    });
    return {
      ...decision,
      spikes: sumPlanes(storage(spikes), units, neuron.outputsPerUnit),
      rates: sumPlanes(storage(rates), units, neuron.outputsPerUnit),
      variables,
    };
  });
}

/**
 * @param windows [window, batch, observation]; a policy that carries a memory is looked at at rest
 * @param summary one number of the heads' outputs [members, batch, outputs], whose slope by each rate is asked for
 */
export function describeActor(
  actor: SpikingActor,
  windows: Float32Array,
  batch: number,
  summary: (heads: Tensor3D) => Tensor,
): PopulationDescription {
  const { population: units } = actor.shape;
  const { front, body, heads } = actor.evaluated;
  return tf.tidy(() => {
    const x = actor.place(windows, batch);
    const rates = actor.layer.rates(actor.front.show(x, front).inputs, body, actor.constants);
    const slope = tf.grads((r: Tensor) => summary(mlp(r as Tensor2D, heads, actor.headShape)));
    const slopes = storage(slope([rates])[0]!);
    const sensitivity = new Float32Array(units);
    // A unit of several spike trains counts with all of them.
    for (let i = 0; i < slopes.length; i++) sensitivity[i % units]! += slopes[i]! / batch;
    const { layout, inputSize, model } = actor.layer;
    const weight = layout.view(storage(body), "0/0/weight");
    const width = model.inputsPerUnit * units;
    const inputWeights = new Float32Array(inputSize * units);
    for (let i = 0; i < inputSize; i++) {
      for (let k = 0; k < width; k++) {
        inputWeights[(k % units) * inputSize + i]! += weight[i * width + k]! / model.inputsPerUnit;
      }
    }
    return { sensitivity, inputWeights };
  });
}

/** Rows of `planes` x units as rows of units: a unit's spike trains together. */
function sumPlanes(values: Float32Array, units: number, planes: number): Float32Array {
  if (planes === 1) return values.slice();
  const out = new Float32Array(values.length / planes);
  for (let i = 0; i < values.length; i++) {
    out[Math.floor(i / (planes * units)) * units + (i % units)]! += values[i]!;
  }
  return out;
}
