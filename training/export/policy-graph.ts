import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Agent } from "../../agents/algorithm.ts";
import { UsageError } from "../../core/errors.ts";
import { storage } from "../../kernels/load.ts";
import { mlpDefinition } from "../../kernels/mlp.ts";
import { trainedConstantsOf } from "../../neurons/trained-constants.ts";
import { type FrontValues, frontDefinition, frontValuesOf } from "./front-graph.ts";
import { type RecordedGraph, recordGraph } from "./graph-recorder.ts";

/** An actor's numbers, copied out of the kernels' memory so that they can be tensors anywhere. */
interface ActorValues {
  readonly body: Float32Array;
  readonly heads: Float32Array;
  readonly constants: Float32Array;
  readonly rows: number;
  readonly front: FrontValues;
}

function valuesOf({ actor }: Agent): ActorValues {
  const copy = (tensor: Tensor) => storage(tensor).slice();
  return {
    body: copy(actor.evaluated.body),
    heads: copy(actor.evaluated.heads),
    constants: copy(actor.constants),
    rows: actor.constants.shape[0]!,
    front: frontValuesOf(actor),
  };
}

/**
 * The whole policy without exploration, written with the neurons' own definitions (`step`), all ticks one after another:
 *
 *   window [window, batch, observation]  ->  action [batch, action] (a choice: [batch], its number), rates [batch, units]
 *
 * @param batch how many decisions one run of the graph makes
 * @throws UsageError for a policy that no graph of fixed arithmetic holds, saying which part and what to do instead
 */
export function recordPolicy(agent: Agent, batch: number): RecordedGraph {
  const { actor } = agent;
  const { encoder, observationSize } = actor.shape;
  if (encoder.random) {
    throw new UsageError(
      `export to onnx: encoder "${encoder.id}" draws random spikes, which a graph of fixed arithmetic has not; export to safetensors and encode in your own program`,
    );
  }
  if (agent.restMemory.length > 0) {
    throw new UsageError(
      'export to onnx: this policy keeps its neurons\' state from decision to decision ("policy.state" is "episode"); its graph of one tick takes and gives the state (NAME.tick.onnx): run that',
    );
  }
  const values = valuesOf(agent);
  const normalisation = actor.normalisation;
  const graph = recordGraph({ window: [encoder.window, batch, observationSize] }, ({ window }) => {
    let seen = window as Tensor3D;
    if (normalisation !== undefined) {
      const { mean, scale, clip } = normalisation;
      const shifted = tf.mul(tf.sub(seen, Float32Array.from(mean)), Float32Array.from(scale));
      seen = tf.clipByValue(shifted, -clip, clip) as Tensor3D;
    }
    const rates = ratesOf(agent, values, frontDefinition(actor, values.front, seen));
    const heads = mlpDefinition(rates, tf.tensor1d(values.heads), actor.headShape);
    return { action: agent.greedy(heads), rates };
  });
  if (graph.outputs.action!.constant !== undefined) {
    throw new UsageError(
      `export to onnx: encoder "${encoder.id}" does not work with tensor operations, so the graph would not see the observation; export to safetensors and encode in your own program`,
    );
  }
  return graph;
}

/** Mean output of the population over all ticks, from the encoded inputs [inputs, batch, inputSize]. */
function ratesOf({ actor }: Agent, values: ActorValues, inputs: Tensor3D): Tensor2D {
  const { layer } = actor;
  const { model, ticks, repeat } = layer;
  const { currents, constants } = drive(actor.layer, values, inputs);
  let state = model.rest(currents[0]!.shape[0], layer.units);
  let sum: Tensor | undefined;
  for (let t = 0; t < ticks; t++) {
    const next = model.step(constants, state, currents[Math.floor(t / repeat)]!, t, ticks);
    state = next.state;
    sum = sum === undefined ? next.output : tf.add(sum, next.output);
  }
  return tf.mul(sum!, 1 / ticks);
}

/** The input current of each distinct input, [batch, inputsPerUnit x units], and the neurons' constants. */
function drive(layer: Agent["actor"]["layer"], { body, constants, rows }: ActorValues, inputs: Tensor3D) {
  const [steps, batch, size] = inputs.shape;
  const { model, units, layout, ticks } = layer;
  const width = model.inputsPerUnit * units;
  const weight = tf.tensor2d(layout.view(body, "0/0/weight").slice(), [size, width]);
  const bias = tf.tensor1d(layout.view(body, "0/0/bias").slice());
  const flat = tf.reshape(inputs, [steps * batch, size]) as Tensor2D;
  const all = tf.reshape(tf.add(tf.matMul(flat, weight), bias), [steps, batch, width]);
  return {
    currents: tf.unstack(all) as Tensor2D[],
    constants: trainedConstantsOf(
      model,
      layout,
      tf.tensor1d(body) as Tensor1D,
      tf.tensor2d(constants, [rows, units]),
      ticks,
    ),
  };
}

/**
 * One tick of the population with its state in the open, for programs that keep their own time:
 *
 *   input [batch, inputSize], state_<name> [batch, units]  ->  output [batch, outputs], next_<name> [batch, units]
 *
 * A fresh decision starts from the resting state (`restOf`).
 */
export function recordTick(agent: Agent, batch: number): RecordedGraph {
  const { layer } = agent.actor;
  const { model, units, ticks } = layer;
  const values = valuesOf(agent);
  const shapes = {
    input: [batch, layer.inputSize],
    ...Object.fromEntries(namesOf(agent).map((name) => [`state_${name}`, [batch, units]])),
  };
  return recordGraph(shapes, (inputs) => {
    const { currents, constants } = drive(layer, values, tf.expandDims(inputs.input!, 0) as Tensor3D);
    const state = Object.fromEntries(
      namesOf(agent).map((name) => [name, inputs[`state_${name}`] as Tensor2D]),
    );
    const next = model.step(constants, state, currents[0]!, 0, ticks);
    const after = namesOf(agent).map((name) => [`next_${name}`, next.state[name]!] as const);
    return { output: next.output, ...Object.fromEntries(after) };
  });
}

/** What the definition of the neurons carries from tick to tick. */
function namesOf({ actor }: Agent): string[] {
  return tf.tidy(() => Object.keys(actor.layer.model.rest(1, actor.layer.units)));
}

/** The resting state of the tick graph's inputs, by input name. */
export function restOf(agent: Agent, batch: number): Record<string, Float32Array> {
  const { model, units } = agent.actor.layer;
  return tf.tidy(() =>
    Object.fromEntries(
      Object.entries(model.rest(batch, units)).map(([name, tensor]) => [
        `state_${name}`,
        Float32Array.from(tensor.dataSync()),
      ]),
    ),
  );
}
