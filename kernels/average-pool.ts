import type { Tensor, Tensor2D, TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ShapeError } from "../core/errors.ts";
import { Frame } from "./frame.ts";
import type { KernelHost } from "./host.ts";

/** The images that are pooled; channels last. */
export interface PoolShape {
  /** Even. */
  readonly height: number;
  /** Even. */
  readonly width: number;
  readonly channels: number;
}

const FORWARD = "SpikegymAveragePool";
const GRADIENT = "SpikegymAveragePoolGradient";

/**
 * Means of blocks of 2 x 2 pixels.
 *
 * @param x [rows, height * width * channels]
 * @returns [rows, height / 2 * width / 2 * channels]
 * @throws ShapeError when x does not fit `shape`, or a side is odd
 */
export function averagePool(x: Tensor2D, shape: PoolShape): Tensor2D {
  const { height, width, channels } = shape;
  const size = height * width * channels;
  if (height % 2 !== 0 || width % 2 !== 0)
    throw new ShapeError("averagePool: the image", [height, width], "even sides");
  if (x.rank !== 2 || x.shape[1] !== size) throw new ShapeError("averagePool: x", x.shape, `[rows, ${size}]`);
  return tf.engine().runKernel(FORWARD, { x }, { ...shape } as unknown as tf.NamedAttrMap) as Tensor2D;
}

/** Makes tfjs know the ops. Called once for each backend name. */
export function registerAveragePool(host: KernelHost, backendName: string): void {
  tf.registerKernel({
    kernelName: FORWARD,
    backendName,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { x } = inputs as { x: TensorInfo };
      const { height, width, channels } = attrs as unknown as PoolShape;
      const frame = new Frame(host, backend);
      const out = frame.output([x.shape[0]!, (height / 2) * (width / 2) * channels]);
      host.call.averagePool(frame.input(x), x.shape[0]!, height, width, channels, out);
      return frame.finish();
    },
  });
  tf.registerKernel({
    kernelName: GRADIENT,
    backendName,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { dy } = inputs as { dy: TensorInfo };
      const { height, width, channels } = attrs as unknown as PoolShape;
      const frame = new Frame(host, backend);
      const out = frame.output([dy.shape[0]!, height * width * channels]);
      host.call.spreadPool(frame.input(dy), dy.shape[0]!, height, width, channels, out);
      return frame.finish();
    },
  });
}

/** Once for all backends. */
export function registerAveragePoolGradient(): void {
  tf.registerGradient({
    kernelName: FORWARD,
    gradFunc: (dy, _saved, attrs) => ({
      x: () => tf.engine().runKernel(GRADIENT, { dy: dy as Tensor }, attrs) as Tensor,
    }),
  });
}
