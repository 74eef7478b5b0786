import type { Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { mlp, mlpLayout } from "../../kernels/mlp.ts";
import { ParameterLayout } from "../../tensors/layout.ts";
import { initialiseWeights, initialWeightsSchema } from "./initial-weights.ts";
import { checkInputs, sizeOf } from "./input-shape.ts";
import { defineLayer, type Layer, type LayerTensors } from "./layer.ts";
import { scanPopulation, tracePopulation } from "./population.ts";

const parameters = z.strictObject({
  units: z.number().int().min(1).default(128).describe("neurons"),
  initial: initialWeightsSchema.prefault({}),
});

/**
 * A layer whose neurons also hear each other, one tick later:
 *
 *   I[t] = x[t] W + b + s[t-1] R,   s[-1] = 0
 *
 * Parameters: weight [inputs, units], bias [units], recurrent [units, units].
 */
export const recurrent = defineLayer({
  id: "recurrent",
  summary: "every neuron sees every input, and every neuron's output of the tick before",
  references: ["Bellec et al., Advances in Neural Information Processing Systems 31 (2018)"],
  parameters,
  create({ units, initial }, { name, inputShape, model }): Layer {
    const inputSize = sizeOf(inputShape);
    const projection = { sizes: [inputSize, units], members: 1 };
    const forwardLength = mlpLayout(projection).length;
    const layout = new ParameterLayout([
      ["weight", [inputSize, units]],
      ["bias", [units]],
      ["recurrent", [units, units]],
    ]);

    const project = (inputs: Tensor3D, { parameters: flat }: LayerTensors): Tensor2D[] => {
      checkInputs(name, inputs, inputShape);
      const [steps, batch] = inputs.shape;
      const forward = tf.slice(flat, [0], [forwardLength]) as Tensor1D;
      const all = mlp(tf.reshape(inputs, [steps * batch, inputSize]) as Tensor2D, forward, projection);
      return tf.unstack(tf.reshape(all, [steps, batch, units])) as Tensor2D[];
    };
    const run = (inputs: Tensor3D, repeat: number, tensors: LayerTensors) => {
      const projected = project(inputs, tensors);
      const matrix = tf.reshape(tf.slice(tensors.parameters, [forwardLength], [units * units]), [
        units,
        units,
      ]) as Tensor2D;
      const currents: Tensor2D[] = [];
      const size = { ticks: projected.length * repeat, batch: inputs.shape[1], units };
      const scanned = scanPopulation(model, size, tensors.constants, (t, before) => {
        const heard = t === 0 ? tf.zerosLike(before) : tf.matMul(before, matrix);
        const current = tf.add(projected[Math.floor(t / repeat)]!, heard) as Tensor2D;
        currents.push(current);
        return current;
      });
      return { ...scanned, currents };
    };

    return {
      name,
      kind: "recurrent",
      model,
      inputShape,
      outputShape: [units],
      units,
      layout,
      initialise: (rng) => initialiseWeights(layout, initial, rng),
      constants: (ticks, rng) => model.constants(units, ticks, rng),
      mean: (inputs, repeat, tensors) => tf.mean(run(inputs, repeat, tensors).outputs, 0) as Tensor2D,
      outputs: (inputs, repeat, tensors) => run(inputs, repeat, tensors).outputs,
      membranes: (inputs, repeat, tensors) => run(inputs, repeat, tensors).membranes(),
      trace(inputs, repeat, tensors) {
        // The currents depend on the spikes; once they are known, the kernel says the rest.
        const currents = tf.stack(run(inputs, repeat, tensors).currents) as Tensor3D;
        return { ...tracePopulation(model, currents, 1, tensors.constants), currents };
      },
    };
  },
});
