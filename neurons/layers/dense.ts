import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import type { Rng } from "../../core/rng.ts";
import { mlp } from "../../kernels/mlp.ts";
import { ParameterLayout } from "../../tensors/layout.ts";
import { initialiseWeights, initialWeightsSchema } from "./initial-weights.ts";
import { checkInputs, sizeOf } from "./input-shape.ts";
import { defineLayer, type Layer, type LayerTensors } from "./layer.ts";
import { everyMembrane, everyOutput, meanOutput, tracePopulation } from "./population.ts";

const parameters = z.strictObject({
  units: z.number().int().min(1).default(128).describe("neurons"),
  initial: initialWeightsSchema.prefault({}),
});

/**
 * A fully connected layer of neurons:
 *
 *   I[i] = x[i] W + b for each distinct input i
 *
 * Parameters: weight [inputs, units], bias [units].
 */
export const dense = defineLayer({
  id: "dense",
  summary: "every neuron sees every input",
  references: [],
  parameters,
  create({ units, initial }, { name, inputShape, model }): Layer {
    const inputSize = sizeOf(inputShape);
    const projection = { sizes: [inputSize, units], members: 1 };
    const layout = new ParameterLayout([
      ["weight", [inputSize, units]],
      ["bias", [units]],
    ]);
    const currents = (inputs: Tensor3D, tensors: LayerTensors): Tensor3D => {
      checkInputs(name, inputs, inputShape);
      const [steps, batch] = inputs.shape;
      const flat = tf.reshape(inputs, [steps * batch, inputSize]) as Tensor2D;
      return tf.reshape(mlp(flat, tensors.parameters, projection), [steps, batch, units]);
    };
    return {
      name,
      kind: "dense",
      model,
      inputShape,
      outputShape: [units],
      units,
      layout,
      initialise: (rng: Rng) => initialiseWeights(layout, initial, rng),
      constants: (ticks, rng) => model.constants(units, ticks, rng),
      mean: (inputs, repeat, tensors) =>
        meanOutput(model, currents(inputs, tensors), repeat, tensors.constants),
      outputs: (inputs, repeat, tensors) =>
        everyOutput(model, currents(inputs, tensors), repeat, tensors.constants),
      membranes: (inputs, repeat, tensors) =>
        everyMembrane(model, currents(inputs, tensors), repeat, tensors.constants),
      trace(inputs, repeat, tensors) {
        const driven = currents(inputs, tensors);
        return { ...tracePopulation(model, driven, repeat, tensors.constants), currents: driven };
      },
    };
  },
});
