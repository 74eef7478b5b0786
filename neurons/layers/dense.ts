import type { Tensor3D } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { project } from "../../kernels/mlp.ts";
import { ParameterLayout } from "../../tensors/layout.ts";
import { trainedArrays } from "../trained-constants.ts";
import { initialiseWeights, initialWeightsSchema } from "./initial-weights.ts";
import { checkInputs, sizeOf } from "./input-shape.ts";
import { defineLayer, type Layer, type LayerTensors } from "./layer.ts";
import { Population } from "./population.ts";

const parameters = z.strictObject({
  units: z.number().int().min(1).default(128).describe("neurons"),
  initial: initialWeightsSchema.prefault({}),
});

/**
 * A fully connected layer of neurons:
 *
 *   I[i] = x[i] W + b for each distinct input i
 *
 * Parameters: weight [inputs, inputsPerUnit x units], bias [inputsPerUnit x units], then the neurons' trained constants.
 */
export const dense = defineLayer({
  id: "dense",
  summary: "every neuron sees every input",
  references: [],
  parameters,
  create({ units, initial }, { name, inputShape, model, sharesConstantsOf }): Layer {
    const inputSize = sizeOf(inputShape);
    const width = model.inputsPerUnit * units;
    const projection = { sizes: [inputSize, width], members: 1 };
    const layout = new ParameterLayout([
      ["weight", [inputSize, width]],
      ["bias", [width]],
      ...(sharesConstantsOf === undefined ? trainedArrays(model, units) : []),
    ]);
    const population = new Population(name, model, units);
    const drive = (inputs: Tensor3D, repeat: number, tensors: LayerTensors) => {
      checkInputs(name, inputs, inputShape);
      const cut = population.cut(layout, tensors);
      return { currents: project(inputs, cut.projection, projection), repeat, tensors: cut };
    };
    return {
      name,
      kind: "dense",
      model,
      inputShape,
      outputShape: [population.outputWidth],
      units,
      layout,
      initialise: (rng) => initialiseWeights(layout, model, initial, rng),
      constants: (ticks, rng) => population.constants(ticks, rng),
      mean: (inputs, repeat, tensors) => population.mean(drive(inputs, repeat, tensors)),
      outputs: (inputs, repeat, tensors) => population.outputs(drive(inputs, repeat, tensors)),
      rest: (batch) => population.rest(batch),
      outputsCarry: (inputs, repeat, tensors, before) =>
        population.outputsCarry(drive(inputs, repeat, tensors), before),
      membranes: (inputs, repeat, tensors) => population.membranes(drive(inputs, repeat, tensors)),
      trace(inputs, repeat, tensors) {
        const driven = drive(inputs, repeat, tensors);
        return { ...population.trace(driven), currents: driven.currents };
      },
    };
  },
});
