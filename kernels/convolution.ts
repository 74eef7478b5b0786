import type { Tensor, Tensor1D, Tensor2D, TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ShapeError } from "../core/errors.ts";
import { ParameterLayout } from "../tensors/layout.ts";
import { Frame } from "./frame.ts";
import type { KernelHost } from "./host.ts";

/** A 3 x 3 convolution, stride 1, over images with a border of zeros; channels last. */
export interface ConvolutionShape {
  readonly height: number;
  readonly width: number;
  readonly inChannels: number;
  readonly outChannels: number;
}

const FORWARD = "SpikegymConvolution";
const GRADIENT_X = "SpikegymConvolutionGradientX";
const GRADIENT_PARAMETERS = "SpikegymConvolutionGradientParameters";

/** weight [kernel row, kernel column, in, out], bias [out]. */
export function convolutionLayout({ inChannels, outChannels }: ConvolutionShape): ParameterLayout {
  return new ParameterLayout([
    ["weight", [3, 3, inChannels, outChannels]],
    ["bias", [outChannels]],
  ]);
}

/**
 * y[r, i, j, o] = bias[o] + sum over ki, kj, c of x[r, i + ki - 1, j + kj - 1, c] weight[ki, kj, c, o]
 *
 * @param x [rows, height * width * inChannels]
 * @param parameters flat, as laid out by `convolutionLayout`
 * @returns [rows, height * width * outChannels]
 * @throws ShapeError when either does not fit `shape`
 */
export function convolve(x: Tensor2D, parameters: Tensor1D, shape: ConvolutionShape): Tensor2D {
  const { height, width, inChannels } = shape;
  const size = height * width * inChannels;
  if (x.rank !== 2 || x.shape[1] !== size) {
    throw new ShapeError(
      "convolve: x",
      x.shape,
      `[rows, ${size}], an image of ${height} x ${width} x ${inChannels} a row`,
    );
  }
  const { length } = convolutionLayout(shape);
  if (parameters.size !== length)
    throw new ShapeError("convolve: parameters", parameters.shape, `[${length}]`);
  return tf
    .engine()
    .runKernel(FORWARD, { x, parameters }, { ...shape } as unknown as tf.NamedAttrMap) as Tensor2D;
}

const round4 = (n: number) => Math.ceil(n / 4) * 4;
const round8 = (n: number) => Math.ceil(n / 8) * 8;

/** Bytes of one image's patches, and of what a matrix product packs. */
function scratchOf({ height, width, inChannels, outChannels }: ConvolutionShape) {
  const [m, k, n] = [height * width, 9 * inChannels, outChannels];
  const packing = Math.max(round8(n) * k, (round8(n) + k) * m);
  return { patchBytes: (m * k + 4) * 4, packingBytes: packing * 4 };
}

/** Image by image: patches times weights, so that the patches stay in the cache. */
function runForward(
  host: KernelHost,
  x: number,
  parameters: number,
  shape: ConvolutionShape,
  rows: number,
  y: number,
): void {
  const { height, width, inChannels, outChannels } = shape;
  const [m, k] = [height * width, 9 * inChannels];
  const { patchBytes, packingBytes } = scratchOf(shape);
  const patches = host.scratch(patchBytes + packingBytes);
  const packing = patches + round4(patchBytes / 4) * 4;
  for (let r = 0; r < rows; r++) {
    host.call.patches3x3(x + r * m * inChannels * 4, height, width, inChannels, patches);
    host.call.matmul(patches, parameters, y + r * m * outChannels * 4, m, outChannels, k, false, packing);
  }
  host.call.addBias(y, parameters + round4(k * outChannels) * 4, rows * m, outChannels, false);
}

/** The weights turned by half a circle and their channels exchanged, without bias: the adjoint is a convolution, too. */
function writeAdjoint(
  { floats }: KernelHost,
  parameters: number,
  { inChannels, outChannels }: ConvolutionShape,
  out: number,
): void {
  const from = parameters >> 2;
  const to = out >> 2;
  for (let tap = 0; tap < 9; tap++) {
    for (let c = 0; c < inChannels; c++) {
      for (let o = 0; o < outChannels; o++) {
        floats[to + ((8 - tap) * outChannels + o) * inChannels + c] =
          floats[from + (tap * inChannels + c) * outChannels + o]!;
      }
    }
  }
  const end = to + round4(9 * inChannels * outChannels);
  floats.fill(0, end, end + inChannels);
}

/** Makes tfjs know the ops. Called once for each backend name. */
export function registerConvolution(host: KernelHost, backendName: string): void {
  const register = (
    kernelName: string,
    work: (frame: Frame, inputs: Record<string, TensorInfo>, shape: ConvolutionShape) => void,
  ) =>
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, backend, attrs }) => {
        const frame = new Frame(host, backend);
        work(frame, inputs as Record<string, TensorInfo>, attrs as unknown as ConvolutionShape);
        return frame.finish();
      },
    });

  register(FORWARD, (frame, { x, parameters }, shape) => {
    const rows = x!.shape[0]!;
    const y = frame.output([rows, shape.height * shape.width * shape.outChannels]);
    runForward(host, frame.input(x!), frame.input(parameters!), shape, rows, y);
  });

  register(GRADIENT_X, (frame, { dy, parameters }, shape) => {
    const { height, width, inChannels, outChannels } = shape;
    const rows = dy!.shape[0]!;
    const dx = frame.output([rows, height * width * inChannels]);
    const adjoint = { height, width, inChannels: outChannels, outChannels: inChannels };
    const weights = frame.temporary(convolutionLayout(adjoint).length * 4);
    writeAdjoint(host, frame.input(parameters!), shape, weights);
    runForward(host, frame.input(dy!), weights, adjoint, rows, dx);
  });

  register(GRADIENT_PARAMETERS, (frame, { dy, x }, shape) => {
    const { height, width, inChannels, outChannels } = shape;
    const rows = x!.shape[0]!;
    const [m, k, n] = [height * width, 9 * inChannels, outChannels];
    const { length } = convolutionLayout(shape);
    const dp = frame.output([length]);
    host.floats.fill(0, dp >> 2, (dp >> 2) + length);
    const [gradient, input] = [frame.input(dy!), frame.input(x!)];
    const { patchBytes, packingBytes } = scratchOf(shape);
    const patches = host.scratch(patchBytes + packingBytes);
    const packing = patches + round4(patchBytes / 4) * 4;
    for (let r = 0; r < rows; r++) {
      host.call.patches3x3(input + r * m * inChannels * 4, height, width, inChannels, patches);
      host.call.matmulTransposedLeft(patches, gradient + r * m * n * 4, dp, k, n, m, true, packing);
    }
    host.call.sumRows(gradient, rows * m, n, dp + round4(k * n) * 4);
  });
}

/** Once for all backends. */
export function registerConvolutionGradient(): void {
  tf.registerGradient({
    kernelName: FORWARD,
    inputsToSave: ["x", "parameters"],
    gradFunc: (dy, saved, attrs) => {
      const inputs = { dy: dy as Tensor, x: saved[0]!, parameters: saved[1]! };
      const run = (kernel: string) => tf.engine().runKernel(kernel, inputs, attrs) as Tensor;
      return { x: () => run(GRADIENT_X), parameters: () => run(GRADIENT_PARAMETERS) };
    },
  });
}
