import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { ShapeError } from "../../core/errors.ts";
import type { Rng } from "../../core/rng.ts";
import { averagePool } from "../../kernels/average-pool.ts";
import { convolve } from "../../kernels/convolution.ts";
import { convolutionLayout } from "../../kernels/convolution-shape.ts";
import { ParameterLayout } from "../../tensors/layout.ts";
import type { NeuronConstants } from "../neuron-model.ts";
import { trainedArrays } from "../trained-constants.ts";
import { initialiseWeights, initialWeightsSchema } from "./initial-weights.ts";
import { checkInputs } from "./input-shape.ts";
import { defineLayer, type Layer, type LayerTensors } from "./layer.ts";
import { Population } from "./population.ts";

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
 * Images are [height, width, channels], channels fastest. A neuron with several inputs a unit (s-lif2hh: 3) has one such
 * convolution for each; where its input has planes of its own kind (3 + 1), convolution k sees plane k plus the last
 * one, as the paper's chain of two such neurons does. Parameters: weight [3, 3, in, out] and bias [out] of each
 * convolution, then the neurons' trained constants.
 */
export const convolution = defineLayer({
  id: "convolution",
  summary: "3 x 3 convolution onto neurons, pooled by the mean of 2 x 2",
  references: ["LeCun, Bottou, Bengio & Haffner, Proceedings of the IEEE 86, 2278-2324 (1998)"],
  parameters,
  create({ channels, pool, constantsPer, initial }, place): Layer {
    const { name, inputShape, model, sharesConstantsOf } = place;
    const shape = { ...imageOf(name, inputShape, model.inputsPerUnit), outChannels: channels };
    const { height, width } = shape;
    if (pool && (height % 2 !== 0 || width % 2 !== 0)) {
      throw new ShapeError(`layer "${name}": the image`, [height, width], "even sides for pooling");
    }
    const layout = new ParameterLayout([
      ...convolutionLayout(shape).slots.map((slot) => [slot.name, slot.shape] as const),
      ...(sharesConstantsOf === undefined ? trainedArrays(model, height * width * channels) : []),
    ]);
    const units = height * width * channels;
    const population = new Population(name, model, units);
    const planes = model.outputsPerUnit;
    const image = pool ? [height / 2, width / 2, channels] : [height, width, channels];

    const drive = (inputs: Tensor3D, repeat: number, tensors: LayerTensors) => {
      checkInputs(name, inputs, inputShape);
      const [steps, batch, size] = inputs.shape;
      const images = tf.reshape(inputs, [steps * batch, size]) as Tensor2D;
      const cut = population.cut(layout, tensors);
      const projected = convolve(images, cut.projection, { ...shape, ticks: steps });
      const currents = tf.reshape(projected, [steps, batch, population.inputWidth]) as Tensor3D;
      return { currents, repeat, tensors: cut };
    };
    const pooled = (x: Tensor2D): Tensor2D => {
      if (!pool) return x;
      const rows = x.shape[0];
      const images = tf.reshape(x, [rows * planes, units]) as Tensor2D;
      return tf.reshape(averagePool(images, { height, width, channels }), [rows, -1]);
    };
    const pooledTicks = (x: Tensor3D): Tensor3D => {
      const [ticks, batch, size] = x.shape;
      return tf.reshape(pooled(tf.reshape(x, [ticks * batch, size]) as Tensor2D), [ticks, batch, -1]);
    };

    const constants = (ticks: number, rng: Rng): NeuronConstants => {
      if (constantsPer === "neuron") return population.constants(ticks, rng);
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
      outputShape: planes === 1 ? image : [planes, ...image],
      units,
      layout,
      initialise: (rng) => initialiseWeights(layout, model, initial, rng, 9),
      constants,
      mean: (inputs, repeat, tensors) => pooled(population.mean(drive(inputs, repeat, tensors))),
      outputs: (inputs, repeat, tensors) => pooledTicks(population.outputs(drive(inputs, repeat, tensors))),
      rest: (batch) => population.rest(batch),
      outputsCarry(inputs, repeat, tensors, before) {
        const { outputs, after } = population.outputsCarry(drive(inputs, repeat, tensors), before);
        return { outputs: pooledTicks(outputs), after };
      },
      membranes: (inputs, repeat, tensors) =>
        pooledTicks(population.membranes(drive(inputs, repeat, tensors))),
      trace(inputs, repeat, tensors) {
        const driven = drive(inputs, repeat, tensors);
        const trace = population.trace(driven);
        return { ...trace, output: pooledTicks(trace.output), currents: driven.currents };
      },
    };
  },
});

/** The images a convolution sees, with one group for each of the neurons' inputs. */
function imageOf(name: string, inputShape: readonly number[], groups: number) {
  const [inputPlanes, height, width, inChannels] = inputShape.length === 3 ? [1, ...inputShape] : inputShape;
  const fits = inputShape.length === 3 || (inputShape.length === 4 && inputPlanes === groups + 1);
  if (!fits || height === undefined || width === undefined || inChannels === undefined) {
    throw new ShapeError(
      `layer "${name}": its input`,
      inputShape,
      `an image [height, width, channels]${groups > 1 ? `, or ${groups + 1} planes of them` : ""}`,
      "a convolution stands behind the image or a convolution of the same neurons",
    );
  }
  return { height, width, inChannels, groups, inputPlanes: inputPlanes! };
}
