import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { place, storage } from "../kernels/load.ts";
import type { ParameterLayout } from "../tensors/layout.ts";
import { applyTrained, trainedGradients } from "./constant.ts";
import type { NeuronModel } from "./neuron-model.ts";

const PREFIX = "neuron/";

/** Whether an array of a layer's layout is one of the neurons' constants. */
export function isTrainedConstant(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** What a layer of these neurons adds to its layout, behind its weights: one array for each constant that is trained. */
export function trainedArrays(model: NeuronModel, units: number): [name: string, shape: number[]][] {
  return model.trained.map(({ name, per }) => [`${PREFIX}${name}`, [per === "layer" ? 1 : units]]);
}

/**
 * The constants that a kernel reads, with what is trained applied; differentiable in the parameters. A model that trains
 * none gives them back as they are.
 *
 * @param layout the layer's, with `trainedArrays`
 * @param constants [rows, units] as `model.constants` made them for `ticks` ticks
 */
export function trainedKernelConstants(
  model: NeuronModel,
  layout: ParameterLayout,
  parameters: Tensor1D,
  constants: Tensor2D,
  ticks: number,
): Tensor2D {
  if (model.trained.length === 0) return constants;
  const applied = trainedConstantsOf(model, layout, parameters, constants, ticks);
  return model.kernelConstants === undefined ? applied : model.kernelConstants(applied, ticks);
}

/** The same as the definition (`step`) reads them. */
export function trainedConstantsOf(
  model: NeuronModel,
  layout: ParameterLayout,
  parameters: Tensor1D,
  constants: Tensor2D,
  ticks: number,
): Tensor2D {
  if (model.trained.length === 0) return constants;
  const from = model.trainedFrom?.(ticks) ?? 0;
  const rows = model.trained.map((constant) => ({ ...constant, row: constant.row + from }));
  const slots = layout.slots.filter(({ name }) => isTrainedConstant(name));
  const [count, units] = constants.shape;
  if (!tf.engine().isTapeOn()) {
    const flat = storage(parameters);
    const views = slots.map(({ offset, size }) => flat.subarray(offset, offset + size));
    return place(applyTrained(storage(constants), units, rows, views), [count, units]) as Tensor2D;
  }
  // One op of its own: tfjs' broadcasting ones cost more than the neurons they are for.
  const apply = tf.customGrad((...inputs: (Tensor | tf.GradSaveFunc)[]) => {
    const numbers = (inputs.slice(0, -1) as Tensor[]).map((number) => storage(number));
    const applied = applyTrained(storage(constants), units, rows, numbers);
    return {
      value: place(applied, [count, units]),
      gradFunc: (dy: Tensor) =>
        trainedGradients(applied, storage(dy), units, rows).map((slope) => place(slope)),
    };
  });
  return apply(...slots.map(({ offset, size }) => tf.slice(parameters, [offset], [size]))) as Tensor2D;
}
