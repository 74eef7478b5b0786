import type { Tensor, Tensor1D, Tensor2D, TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ShapeError } from "../core/errors.ts";
import { runForward, runGradientParameters } from "./change-events.ts";
import {
  type ConvolutionShape,
  convolutionLayout,
  round4,
  round8,
  type Sizes,
  sizesOf,
} from "./convolution-shape.ts";
import { Frame } from "./frame.ts";
import type { KernelHost } from "./host.ts";

const FORWARD = "SpikegymConvolution";
const GRADIENT_X = "SpikegymConvolutionGradientX";
const GRADIENT_PARAMETERS = "SpikegymConvolutionGradientParameters";

/**
 * y[r, g, i, j, o] = bias[g, o] + sum over ki, kj, c of x[r, i + ki - 1, j + kj - 1, c] weight[g, ki, kj, c, o]
 *
 * @param x [rows, inputPlanes * height * width * inChannels]
 * @param parameters flat, beginning as laid out by `convolutionLayout`; what follows is not read
 * @returns [rows, groups * height * width * outChannels]
 * @throws ShapeError when either does not fit `shape`
 */
export function convolve(x: Tensor2D, parameters: Tensor1D, shape: ConvolutionShape): Tensor2D {
  const { height, width, inChannels, groups = 1, inputPlanes = 1, ticks = 1 } = shape;
  const size = inputPlanes * height * width * inChannels;
  if (x.rank !== 2 || x.shape[1] !== size) {
    const planes = inputPlanes === 1 ? "an image" : `${inputPlanes} images`;
    throw new ShapeError(
      "convolve: x",
      x.shape,
      `[rows, ${size}], ${planes} of ${height} x ${width} x ${inChannels} a row`,
    );
  }
  if (inputPlanes !== 1 && inputPlanes !== groups + 1) {
    throw new ShapeError("convolve: x, images a row", [inputPlanes], `1 or ${groups + 1}`);
  }
  if (x.shape[0] % ticks !== 0) throw new ShapeError("convolve: x", x.shape, `rows of ${ticks} ticks`);
  const { length } = convolutionLayout(shape);
  if (parameters.size < length) throw new ShapeError("convolve: parameters", parameters.shape, `[${length}]`);
  return tf
    .engine()
    .runKernel(FORWARD, { x, parameters }, { ...shape } as unknown as tf.NamedAttrMap) as Tensor2D;
}

/** dx by minimal filtering: each group's gradient through its turned weights, added up where groups see the same plane. */
function runGradientX(
  frame: Frame,
  dy: number,
  parameters: number,
  sizes: Sizes,
  rows: number,
  dx: number,
): void {
  const { host } = frame;
  const { height, width, inChannels, outChannels, groups, inputPlanes, input, output } = sizes;
  const [k, n] = [round4(outChannels), round4(inChannels)];
  const [down, across] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const scratch = host.scratch(
    4 * ((2 * down + 2) * (2 * across + 2) * k + 16 * down * across * (k + n) + k * round8(n)),
  );
  const filters = frame.temporary(groups * 16 * k * n * 4);
  const sum = frame.temporary(input * 4);
  const filtersOf = (g: number) => filters + g * 16 * k * n * 4;
  for (let g = 0; g < groups; g++) {
    host.call.turnedFilters(parameters + g * sizes.group * 4, inChannels, outChannels, filtersOf(g));
  }
  for (let r = 0; r < rows; r++) {
    const row = dx + r * inputPlanes * input * 4;
    const last = row + groups * input * 4;
    for (let g = 0; g < groups; g++) {
      // A plane that all groups see gathers their parts; a plane of its own is its part.
      const adds = inputPlanes === 1 && g > 0;
      const own = adds ? sum : inputPlanes > 1 ? row + g * input * 4 : row;
      const slope = dy + (r * groups + g) * output * 4;
      host.call.convolveBlocks(slope, height, width, outChannels, filtersOf(g), inChannels, scratch, own);
      if (adds) host.call.addPlanes(row, own, input, row);
      else if (inputPlanes > 1 && g === 0) host.floats.copyWithin(last >> 2, own >> 2, (own >> 2) + input);
      else if (inputPlanes > 1) host.call.addPlanes(last, own, input, last);
    }
  }
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
    const sizes = sizesOf(shape);
    const y = frame.output([rows, sizes.groups * sizes.output]);
    runForward(host, frame.input(x!), frame.input(parameters!), sizes, rows, y);
  });

  register(GRADIENT_X, (frame, { dy, parameters }, shape) => {
    const sizes = sizesOf(shape);
    const rows = dy!.shape[0]!;
    const dx = frame.output([rows, sizes.inputPlanes * sizes.input]);
    runGradientX(frame, frame.input(dy!), frame.input(parameters!), sizes, rows, dx);
  });

  register(GRADIENT_PARAMETERS, (frame, { dy, x, parameters }, shape) => {
    const sizes = sizesOf(shape);
    const rows = x!.shape[0]!;
    const length = parameters!.shape[0]!;
    const dp = frame.output([length]);
    host.floats.fill(0, dp >> 2, (dp >> 2) + length);
    runGradientParameters(host, frame.input(x!), frame.input(dy!), sizes, rows, dp);
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
