import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { project } from "../../kernels/mlp.ts";
import { ParameterLayout } from "../../tensors/layout.ts";
import { trainedArrays } from "../trained-constants.ts";
import { initialiseWeights, initialWeightsSchema } from "./initial-weights.ts";
import { checkInputs, sizeOf } from "./input-shape.ts";
import { defineLayer, type Layer, type LayerTensors } from "./layer.ts";
import { Population } from "./population.ts";
import { cutParameters } from "./projection.ts";

const parameters = z.strictObject({
  units: z.number().int().min(1).default(128).describe("neurons"),
  initial: initialWeightsSchema.prefault({}),
});

/**
 * A layer whose neurons also hear each other, one tick later:
 *
 *   I[t] = x[t] W + b + s[t-1] R,   s[-1] = 0
 *
 * What it carries from run to run is its neurons' state and s of the last tick, which the first tick of the next run
 * hears.
 *
 * Parameters: weight [inputs, inputsPerUnit x units], bias, recurrent [outputsPerUnit x units, inputsPerUnit x units],
 * then the neurons' trained constants.
 */
export const recurrent = defineLayer({
  id: "recurrent",
  summary: "every neuron sees every input, and every neuron's output of the tick before",
  references: ["Bellec et al., Advances in Neural Information Processing Systems 31 (2018)"],
  parameters,
  create({ units, initial }, { name, inputShape, model, sharesConstantsOf }): Layer {
    const inputSize = sizeOf(inputShape);
    const [width, heard] = [model.inputsPerUnit * units, model.outputsPerUnit * units];
    const projection = { sizes: [inputSize, width], members: 1 };
    const own = [
      ["weight", [inputSize, width]],
      ["bias", [width]],
      ["recurrent", [heard, width]],
    ] as const;
    const ownLayout = new ParameterLayout(own);
    const layout = new ParameterLayout([
      ...own,
      ...(sharesConstantsOf === undefined ? trainedArrays(model, units) : []),
    ]);
    const population = new Population(name, model, units);

    const run = (inputs: Tensor3D, repeat: number, tensors: LayerTensors, from?: Tensor3D) => {
      checkInputs(name, inputs, inputShape);
      const [steps] = inputs.shape;
      const cut = population.cut(layout, tensors);
      const { before, rest } = cutParameters(ownLayout, cut.projection, "recurrent");
      const shown = tf.unstack(project(inputs, before, projection)) as Tensor2D[];
      const recurrentMatrix = tf.reshape(tf.slice(rest!, [0], [heard * width]), [heard, width]) as Tensor2D;
      const drive = (t: number, before: Tensor2D | undefined): Tensor2D => {
        const current = shown[Math.floor(t / repeat)]!;
        return before === undefined ? current : tf.add(current, tf.matMul(before, recurrentMatrix));
      };
      return population.scan(steps * repeat, cut, drive, from === undefined ? undefined : carriedOf(from));
    };

    // Carried as rows [states + spike trains a unit, batch, units]: the neurons' state, then what they last sent.
    const trains = model.outputsPerUnit;
    const carriedOf = (rows: Tensor3D) => {
      const [state, sent] = tf.split(rows, [rows.shape[0] - trains, trains]) as [Tensor3D, Tensor3D];
      return { state, output: tf.concat(tf.unstack(sent), 1) as Tensor2D };
    };
    const rowsOf = (state: Tensor3D, output: Tensor2D): Tensor3D =>
      tf.concat([state, tf.stack(tf.split(output, trains, 1))], 0) as Tensor3D;

    return {
      name,
      kind: "recurrent",
      model,
      inputShape,
      outputShape: [heard],
      units,
      layout,
      initialise: (rng) => initialiseWeights(layout, model, initial, rng),
      constants: (ticks, rng) => population.constants(ticks, rng),
      mean: (inputs, repeat, tensors) => run(inputs, repeat, tensors).mean(),
      outputs: (inputs, repeat, tensors) => run(inputs, repeat, tensors).outputs(),
      rest: (batch) => rowsOf(population.rest(batch), tf.zeros([batch, heard])),
      outputsCarry(inputs, repeat, tensors, before) {
        const scanned = run(inputs, repeat, tensors, before);
        const { state, output } = scanned.last();
        return { outputs: scanned.outputs(), after: rowsOf(state, output) };
      },
      membranes: (inputs, repeat, tensors) => run(inputs, repeat, tensors).membranes(),
      trace(inputs, repeat, tensors) {
        // The currents depend on the spikes; once they are known, the kernel says the rest.
        const currents = run(inputs, repeat, tensors).currents();
        return {
          ...population.trace({ currents, repeat: 1, tensors: population.cut(layout, tensors) }),
          currents,
        };
      },
    };
  },
});
