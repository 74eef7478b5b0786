import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { ShapeError } from "../../core/errors.ts";
import type { Rng } from "../../core/rng.ts";
import { averagePool } from "../../kernels/average-pool.ts";
import { convolutionLayout, convolve } from "../../kernels/convolution.ts";
import type { NeuronConstants } from "../neuron-model.ts";
import { initialiseWeights, initialWeightsSchema } from "./initial-weights.ts";
import { checkInputs } from "./input-shape.ts";
import { defineLayer, type Layer, type LayerTensors } from "./layer.ts";
import { everyMembrane, everyOutput, meanOutput, tracePopulation } from "./population.ts";

const parameters = z.strictObject({
  channels: z.number().int().min(1).default(10).describe("feature maps"),
  pool: z.boolean().default(true).describe("average the output over blocks of 2 x 2 pixels"),
  constantsPer: z
    .enum(["neuron", "column"])
    .default("neuron")
    .describe("what shares one draw of a model's random constants: each neuron its own, or an image column"),
  initial: initialWeightsSchema.prefault({}),
});

/**
 * A 3 x 3 convolution (stride 1, a border of zeros) onto neurons, one for each pixel and channel, then the mean over
 * blocks of 2 x 2 pixels:
 *
 *   I[i, j, o] = b[o] + sum over ki, kj, c of x[i + ki - 1, j + kj - 1, c] W[ki, kj, c, o]
 *
 * Parameters: weight [3, 3, in, out], bias [out]. Images are [height, width, channels], channels fastest.
 */
export const convolution = defineLayer({
  id: "convolution",
  summary: "3 x 3 convolution onto neurons, pooled by the mean of 2 x 2",
  references: ["LeCun, Bottou, Bengio & Haffner, Proceedings of the IEEE 86, 2278-2324 (1998)"],
  parameters,
  create({ channels, pool, constantsPer, initial }, { name, inputShape, model }): Layer {
    const [height, width, inChannels] = inputShape;
    if (height === undefined || width === undefined || inChannels === undefined || inputShape.length !== 3) {
      throw new ShapeError(
        `layer "${name}": its input`,
        inputShape,
        "an image [height, width, channels]",
        "a convolution stands behind the image or another convolution",
      );
    }
    if (pool && (height % 2 !== 0 || width % 2 !== 0)) {
      throw new ShapeError(`layer "${name}": the image`, [height, width], "even sides for pooling");
    }
    const shape = { height, width, inChannels, outChannels: channels };
    const layout = convolutionLayout(shape);
    const units = height * width * channels;
    const outputShape = pool ? [height / 2, width / 2, channels] : [height, width, channels];

    const currents = (inputs: Tensor3D, { parameters: flat }: LayerTensors): Tensor3D => {
      checkInputs(name, inputs, inputShape);
      const [steps, batch, size] = inputs.shape;
      const images = tf.reshape(inputs, [steps * batch, size]) as Tensor2D;
      return tf.reshape(convolve(images, flat, shape), [steps, batch, units]);
    };
    const pooled = (x: Tensor2D) => (pool ? averagePool(x, { height, width, channels }) : x);
    const pooledTicks = (x: Tensor3D): Tensor3D => {
      const [ticks, batch] = x.shape;
      return tf.reshape(pooled(tf.reshape(x, [ticks * batch, units]) as Tensor2D), [ticks, batch, -1]);
    };

    const constants = (ticks: number, rng: Rng): NeuronConstants => {
      if (constantsPer === "neuron") return model.constants(units, ticks, rng);
      const column = model.constants(width, ticks, rng);
      const values = new Float32Array(column.rows * units);
      for (let r = 0; r < column.rows; r++) {
        for (let u = 0; u < units; u++) {
          values[r * units + u] = column.values[r * width + (Math.floor(u / channels) % width)]!;
        }
      }
      return { ...column, values };
    };

    return {
      name,
      kind: "convolution",
      model,
      inputShape,
      outputShape,
      units,
      layout,
      initialise: (rng) => initialiseWeights(layout, initial, rng, 9),
      constants,
      mean: (inputs, repeat, tensors) =>
        pooled(meanOutput(model, currents(inputs, tensors), repeat, tensors.constants)),
      outputs: (inputs, repeat, tensors) =>
        pooledTicks(everyOutput(model, currents(inputs, tensors), repeat, tensors.constants)),
      membranes: (inputs, repeat, tensors) =>
        pooledTicks(everyMembrane(model, currents(inputs, tensors), repeat, tensors.constants)),
      trace(inputs, repeat, tensors) {
        const driven = currents(inputs, tensors);
        const trace = tracePopulation(model, driven, repeat, tensors.constants);
        return { ...trace, output: pooledTicks(trace.output), currents: driven };
      },
    };
  },
});
