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
  const apply = () => {
    const flat = storage(parameters);
    const numbers = slots.map(({ offset, size }) => flat.subarray(offset, offset + size));
    return place(applyTrained(storage(constants), units, rows, numbers), [count, units]);
  };
  // A single decision is too short for a gradient's preparations.
  if (!tf.engine().isTapeOn()) return apply() as Tensor2D;
  // One op of its own: tfjs' broadcasting ones cost more than the neurons they are for.
  const differentiable = tf.customGrad((_parameters, save) => {
    const value = apply();
    (save as tf.GradSaveFunc)([value]);
    const gradFunc = (dy: Tensor, [applied]: Tensor[]) => {
      const flat = new Float32Array(parameters.size);
      trainedGradients(storage(applied!), storage(dy), units, rows).forEach((slope, i) => {
        flat.set(slope, slots[i]!.offset);
      });
      return place(flat);
    };
    return { value, gradFunc };
  });
  return differentiable(parameters) as Tensor2D;
}
