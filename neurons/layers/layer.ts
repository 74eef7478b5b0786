import type { Tensor1D, Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs-core";
import type { z } from "zod";
import type { Definition } from "../../core/catalogue.ts";
import type { Rng } from "../../core/rng.ts";
import type { ParameterLayout } from "../../tensors/layout.ts";
import type { NeuronConstants, NeuronModel } from "../neuron-model.ts";

/** What a layer computes with, beside its inputs. */
export interface LayerTensors {
  /** Trained, flat, as the layer's `layout` says. */
  readonly parameters: Tensor1D;
  /** [rows, units], fixed. */
  readonly constants: Tensor2D;
  /** Parameters of the layer whose trained constants this one shares; only where it was made so. */
  readonly shared?: Tensor1D;
}

/** What happened inside a layer, tick by tick; neurons before any pooling. */
export interface LayerTrace {
  /** What the next layer is given, [ticks, batch, outputSize]. */
  readonly output: Tensor3D;
  /** [ticks, batch, outputsPerUnit x units]. */
  readonly spikes: Tensor3D;
  /** The neurons' variables, [ticks, states, batch, units]; `model.readVariables` names them. */
  readonly states: Tensor4D;
  /** The neurons' input currents, [inputs, batch, inputsPerUnit x units], each shown for ticks / inputs ticks. */
  readonly currents: Tensor3D;
}

/** A run's outputs, and what the next one goes on from. */
export interface CarriedOutputs {
  /** [ticks, batch, outputSize] */
  readonly outputs: Tensor3D;
  /** [carried rows, batch, units] */
  readonly after: Tensor3D;
}

/**
 * Neurons behind a trained projection. Inputs are [inputs, batch, inputSize], each shown for `repeat` ticks: what does
 * not change from tick to tick is projected once.
 */
export interface Layer {
  readonly name: string;
  readonly kind: string;
  readonly model: NeuronModel;
  /**
   * Of one input: [size], or of an image [height, width, channels], channels fastest, with the planes before it where a
   * unit gives several spike trains: [planes, height, width, channels].
   */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** Neurons. */
  readonly units: number;
  readonly layout: ParameterLayout;
  /** Fresh parameters, flat. */
  initialise(rng: Rng): Float32Array;
  /** The neurons' fixed constants for a run of `ticks` ticks. */
  constants(ticks: number, rng: Rng): NeuronConstants;
  /** Mean output over the ticks, [batch, outputSize]: fused, no tick is kept. */
  mean(inputs: Tensor3D, repeat: number, tensors: LayerTensors): Tensor2D;
  /** Output of every tick, [ticks, batch, outputSize]. */
  outputs(inputs: Tensor3D, repeat: number, tensors: LayerTensors): Tensor3D;
  /** What it carries from run to run before anything was shown, [carried rows, batch, units]. */
  rest(batch: number): Tensor3D;
  /**
   * `outputs`, going on from what an earlier run carried on; differentiable through both.
   *
   * @param before [carried rows, batch, units], as `rest` or `after`
   */
  outputsCarry(inputs: Tensor3D, repeat: number, tensors: LayerTensors, before: Tensor3D): CarriedOutputs;
  /** Membrane after every tick, [ticks, batch, outputSize]; differentiable, the reset included. */
  membranes(inputs: Tensor3D, repeat: number, tensors: LayerTensors): Tensor3D;
  /** The same pass with everything kept; no gradient. */
  trace(inputs: Tensor3D, repeat: number, tensors: LayerTensors): LayerTrace;
}

/** Where a layer stands in its network. */
export interface LayerPlace {
  readonly name: string;
  readonly inputShape: readonly number[];
  readonly model: NeuronModel;
  /** The layer before it whose trained constants it uses instead of its own. */
  readonly sharesConstantsOf?: Layer;
}

export interface LayerDefinition<Id extends string = string, S extends z.ZodObject = z.ZodObject>
  extends Definition<Id> {
  readonly parameters: S;
  create(parameters: z.output<S>, place: LayerPlace): Layer;
}

export function defineLayer<Id extends string, S extends z.ZodObject>(
  definition: LayerDefinition<Id, S>,
): LayerDefinition<Id, S> {
  return definition;
}
