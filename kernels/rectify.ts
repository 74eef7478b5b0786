import type { Tensor, Tensor2D, TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { Frame } from "./frame.ts";
import type { KernelHost } from "./host.ts";

const FORWARD = "SpikegymRectify";
const GRADIENT = "SpikegymRectifyGradient";

/** max(0, x) of any shape. tfjs' own op takes several times as long as the convolutions on both sides of it. */
export function rectify(x: Tensor2D): Tensor2D {
  return tf.engine().runKernel(FORWARD, { x }) as Tensor2D;
}

/** Makes tfjs know the ops. Called once for each backend name. */
export function registerRectify(host: KernelHost, backendName: string): void {
  tf.registerKernel({
    kernelName: FORWARD,
    backendName,
    kernelFunc: ({ inputs, backend }) => {
      const { x } = inputs as { x: TensorInfo };
      const frame = new Frame(host, backend);
      const y = frame.output([...x.shape]);
      host.call.rectify(frame.input(x), tf.util.sizeFromShape(x.shape), y);
      return frame.finish();
    },
  });
  tf.registerKernel({
    kernelName: GRADIENT,
    backendName,
    kernelFunc: ({ inputs, backend }) => {
      const { dy, y } = inputs as { dy: TensorInfo; y: TensorInfo };
      const frame = new Frame(host, backend);
      const dx = frame.output([...y.shape]);
      host.call.maskByRelu(frame.input(dy), frame.input(y), tf.util.sizeFromShape(y.shape), dx);
      return frame.finish();
    },
  });
}

/** Once for all backends. */
export function registerRectifyGradient(): void {
  tf.registerGradient({
    kernelName: FORWARD,
    outputsToSave: [true],
    gradFunc: (dy, saved) => ({
      x: () => tf.engine().runKernel(GRADIENT, { dy: dy as Tensor, y: saved[0]! }) as Tensor,
    }),
  });
}
