import type { Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { UsageError } from "../core/errors.ts";
import type { Rng } from "../core/rng.ts";
import { averagePool } from "../kernels/average-pool.ts";
import { convolve } from "../kernels/convolution.ts";
import { convolutionLayout } from "../kernels/convolution-shape.ts";
import { rectify } from "../kernels/rectify.ts";
import { type InitialWeights, initialiseWeights } from "../neurons/layers/initial-weights.ts";
import type { NetworkPart, NetworkTensors } from "../neurons/network.ts";

/**
 * The ordinary convolutional network beside the spiking ones: each layer a 3 x 3 convolution, ReLU, and the mean over
 * 2 x 2 pixels. No ticks, no spikes.
 */
export class RectifiedNetwork {
  readonly parts: readonly NetworkPart[];
  readonly outputSize: number;
  readonly #shapes: { height: number; width: number; inChannels: number; outChannels: number }[];
  readonly #initial: InitialWeights;

  constructor(
    [height, width, inChannels]: readonly [number, number, number],
    layers: readonly { readonly name: string; readonly channels: number }[],
    initial: InitialWeights,
  ) {
    this.#initial = initial;
    this.#shapes = layers.map(({ name, channels }, i) => {
      const side = 2 ** i;
      if ((height / side) % 2 !== 0 || (width / side) % 2 !== 0) {
        throw new UsageError(
          `layer "${name}": the image is ${height / side} x ${width / side}, expected even sides for pooling`,
        );
      }
      return {
        height: height / side,
        width: width / side,
        inChannels: i === 0 ? inChannels : layers[i - 1]!.channels,
        outChannels: channels,
      };
    });
    this.parts = layers.map(({ name }, i) => ({ name, layout: convolutionLayout(this.#shapes[i]!) }));
    const last = this.#shapes.at(-1)!;
    this.outputSize = (last.height / 2) * (last.width / 2) * last.outChannels;
  }

  /** Fresh parameters, one flat vector a part. */
  initialiseParts(rng: Rng): Float32Array[] {
    return this.parts.map(({ name, layout }) =>
      initialiseWeights(layout, undefined, this.#initial, rng.split(name), 9),
    );
  }

  /** Features [batch, outputSize] of images [1, batch, pixels]. */
  forward(images: Tensor3D, { parameters }: NetworkTensors): Tensor2D {
    let x = tf.reshape(images, [images.shape[1], images.shape[2]]) as Tensor2D;
    this.#shapes.forEach((shape, i) => {
      const { height, width, outChannels: channels } = shape;
      const y = rectify(convolve(x, parameters[i] as Tensor1D, shape));
      x = averagePool(y, { height, width, channels });
    });
    return x;
  }
}
