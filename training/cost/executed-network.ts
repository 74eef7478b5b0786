import { UsageError } from "../../core/errors.ts";
import type { Layer } from "../../neurons/layers/layer.ts";
import type { Network } from "../../neurons/network.ts";
import type { NeuronModel } from "../../neurons/neuron-model.ts";
import { executedNeuronOperations } from "./executed-neuron.ts";
import { type Operations, scaleOperations, sumOperations } from "./operations.ts";

/** Where the operations of one inference (batch 1) are spent. */
export interface ExecutedOperations {
  /** Matrix products and convolutions onto neurons: each distinct input once. */
  readonly projection: Operations;
  /** The neurons' own, over all ticks. */
  readonly neurons: Operations;
  /** Everything behind the last neurons: rates, pooling, linear layers, heads. */
  readonly readout: Operations;
  /** Projections that see real numbers; the other ones see spikes, and an event-driven machine adds instead. */
  readonly analogue: Operations;
  /** Linear layers behind the first one that reads the spikes. */
  readonly behindSpikes: Operations;
}

export const totalOperations = ({ projection, neurons, readout }: ExecutedOperations): Operations =>
  sumOperations(projection, neurons, readout);

/** A linear layer with biases. */
export function linearOperations(inputs: number, outputs: number): Operations {
  return { additions: inputs * outputs, multiplications: inputs * outputs };
}

/** Population of `units` neurons over `ticks` ticks, of which only `inputs` bring a new input; and its mean. */
export function populationOperations(
  { kernel, outputsPerUnit }: NeuronModel,
  units: number,
  ticks: number,
  inputs: number,
): Operations {
  const { perInput, perTick } = executedNeuronOperations(kernel);
  return sumOperations(
    scaleOperations(perInput, units * inputs),
    scaleOperations(perTick, units * ticks),
    // The sum over the ticks becomes a mean.
    { additions: 0, multiplications: units * outputsPerUnit },
  );
}

/**
 * One inference of a network of spiking layers, with linear layers of these widths behind it (`[50, 20]`: onto 50 units,
 * then 20).
 *
 * @param changes inputs of each layer's convolutions that differed from the tick before, over all ticks of an inference
 *   (SpikeCounter): what a convolution adds up (kernels/change-events.ts). Not read for dense layers, which project every
 *   distinct input whole
 */
export function executedNetworkOperations(
  network: Network,
  widths: readonly number[],
  changes: readonly number[] = [],
): ExecutedOperations {
  const { ticks, repeat } = network.encoder;
  const nothing = { additions: 0, multiplications: 0 };
  let [projection, neurons, pooling, analogue] = [nothing, nothing, nothing, nothing];
  network.layers.forEach((layer, i) => {
    // What comes from neurons changes at every tick.
    const inputs = i === 0 ? ticks / repeat : ticks;
    const own = projectionOperations(layer, inputs, changes[i]);
    projection = sumOperations(projection, own);
    if (i === 0) analogue = own;
    neurons = sumOperations(neurons, populationOperations(layer.model, layer.units, ticks, inputs));
    const last = i === network.layers.length - 1;
    pooling = sumOperations(pooling, scaleOperations(poolingOperations(layer), last ? 1 : ticks));
  });
  const sizes = [network.outputSize, ...widths];
  const linear = widths.map((width, i) => linearOperations(sizes[i]!, width));
  return {
    projection,
    neurons,
    readout: sumOperations(pooling, ...linear),
    analogue,
    behindSpikes: sumOperations(...linear.slice(1)),
  };
}

/** All distinct inputs onto a layer's neurons. */
function projectionOperations(layer: Layer, inputs: number, changes: number | undefined): Operations {
  const { inputShape, units, model } = layer;
  const groups = model.inputsPerUnit;
  if (layer.kind === "dense")
    return scaleOperations(linearOperations(product(inputShape), groups * units), inputs);
  const { planes, channels, pixels } = imageOf(layer);
  if (changes === undefined) {
    throw new UsageError(
      `cost: layer "${layer.name}" is a convolution, whose changed inputs were not counted`,
    );
  }
  // Each input is compared with the one before; with planes of their own, each convolution first sums the two it sees.
  const looks = inputs * groups * pixels * channels * (planes === 1 ? 1 : 2);
  return sumOperations(linearOperations(changes, 9 * (units / pixels)), {
    additions: looks,
    multiplications: 0,
  });
}

/** The mean of 2 x 2 outputs, for one tick. */
function poolingOperations(layer: Layer): Operations {
  const { model, units, outputShape } = layer;
  const pooled = product(outputShape);
  if (pooled === model.outputsPerUnit * units) return { additions: 0, multiplications: 0 };
  return { additions: 3 * pooled, multiplications: pooled };
}

/** The image that a convolution sees. */
export function imageOf({ name, kind, inputShape }: Layer) {
  if (kind !== "convolution") {
    throw new UsageError(
      `cost: layer "${name}" is ${kind}; counted are networks of dense or of convolutional layers`,
    );
  }
  const [planes, height, width, channels] = (
    inputShape.length === 4 ? inputShape : [1, ...inputShape]
  ) as readonly [number, number, number, number];
  return { planes, height, width, channels, pixels: height * width };
}

export function product(shape: readonly number[]): number {
  return shape.reduce((all, n) => all * n, 1);
}
