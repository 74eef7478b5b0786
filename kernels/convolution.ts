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
  /** Convolutions with weights of their own, each onto a plane of its own (default 1). */
  readonly groups?: number;
  /**
   * Images a row holds, one plane after another: 1 (the default), which all groups see; or groups + 1, of which group k
   * sees the sum of plane k and the last.
   */
  readonly inputPlanes?: number;
}

const FORWARD = "SpikegymConvolution";
const GRADIENT_X = "SpikegymConvolutionGradientX";
const GRADIENT_PARAMETERS = "SpikegymConvolutionGradientParameters";

/** For each group: weight [kernel row, kernel column, in, out], bias [out]. */
export function convolutionLayout({
  inChannels,
  outChannels,
  groups = 1,
}: ConvolutionShape): ParameterLayout {
  return new ParameterLayout(
    Array.from({ length: groups }, (_, g) => (groups === 1 ? "" : `${g}/`)).flatMap((prefix) => [
      [`${prefix}weight`, [3, 3, inChannels, outChannels]] as const,
      [`${prefix}bias`, [outChannels]] as const,
    ]),
  );
}

/**
 * y[r, g, i, j, o] = bias[g, o] + sum over ki, kj, c of x[r, i + ki - 1, j + kj - 1, c] weight[g, ki, kj, c, o]
 *
 * @param x [rows, inputPlanes * height * width * inChannels]
 * @param parameters flat, beginning as laid out by `convolutionLayout`; what follows is not read
 * @returns [rows, groups * height * width * outChannels]
 * @throws ShapeError when either does not fit `shape`
 */
export function convolve(x: Tensor2D, parameters: Tensor1D, shape: ConvolutionShape): Tensor2D {
  const { height, width, inChannels, groups = 1, inputPlanes = 1 } = shape;
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
  const { length } = convolutionLayout(shape);
  if (parameters.size < length) throw new ShapeError("convolve: parameters", parameters.shape, `[${length}]`);
  return tf
    .engine()
    .runKernel(FORWARD, { x, parameters }, { ...shape } as unknown as tf.NamedAttrMap) as Tensor2D;
}

const round4 = (n: number) => Math.ceil(n / 4) * 4;
const round8 = (n: number) => Math.ceil(n / 8) * 8;

/** Sizes of one call, in floats where nothing else is said. */
function sizesOf({ height, width, inChannels, outChannels, groups = 1, inputPlanes = 1 }: ConvolutionShape) {
  const pixels = height * width;
  const taps = 9 * inChannels;
  return {
    height,
    width,
    inChannels,
    outChannels,
    groups,
    inputPlanes,
    pixels,
    taps,
    input: pixels * inChannels,
    output: pixels * outChannels,
    bias: round4(taps * outChannels),
    /** Of one group's parameters. */
    group: round4(taps * outChannels) + round4(outChannels),
  };
}

type Sizes = ReturnType<typeof sizesOf>;

/** Scratch: one image with its border (and what reads overhang), packed weights of all groups, a sum of two planes. */
function openScratch(
  host: KernelHost,
  { height, width, inChannels, outChannels, groups, taps, input }: Sizes,
) {
  const padded = round4((height + 2) * (width + 2) * inChannels + 16);
  const panel = round8(outChannels) * taps;
  const start = host.scratch((padded + groups * panel + round4(input)) * 4);
  const packed = start + padded * 4;
  return { padded: start, packed, panelBytes: panel * 4, sum: packed + groups * panel * 4 };
}

/** Visits every image that a group sees, as it lies with its border in scratch. */
function forEachPadded(
  host: KernelHost,
  x: number,
  rows: number,
  sizes: Sizes,
  scratch: ReturnType<typeof openScratch>,
  visit: (row: number, group: number) => void,
): void {
  const { height, width, inChannels, groups, inputPlanes, input } = sizes;
  for (let r = 0; r < rows; r++) {
    const row = x + r * inputPlanes * input * 4;
    for (let g = 0; g < groups; g++) {
      let image = row;
      if (inputPlanes > 1) {
        image = scratch.sum;
        host.call.addPlanes(row + g * input * 4, row + groups * input * 4, input, image);
      }
      if (g === 0 || inputPlanes > 1) host.call.padImage(image, height, width, inChannels, scratch.padded);
      visit(r, g);
    }
  }
}

function runForward(
  host: KernelHost,
  x: number,
  parameters: number,
  shape: ConvolutionShape,
  rows: number,
  y: number,
): void {
  const sizes = sizesOf(shape);
  const { height, width, inChannels, outChannels, groups, output } = sizes;
  const scratch = openScratch(host, sizes);
  const { padded, packed, panelBytes } = scratch;
  for (let g = 0; g < groups; g++) {
    host.call.packWeights(parameters + g * sizes.group * 4, inChannels, outChannels, packed + g * panelBytes);
  }
  forEachPadded(host, x, rows, sizes, scratch, (r, g) => {
    const bias = parameters + (g * sizes.group + sizes.bias) * 4;
    const out = y + (r * groups + g) * output * 4;
    host.call.convolveImage(
      padded,
      height,
      width,
      inChannels,
      packed + g * panelBytes,
      outChannels,
      bias,
      out,
    );
  });
}

/** The weights turned by half a circle and their channels exchanged: the adjoint is a convolution, too. */
function writeAdjoint({ floats }: KernelHost, weight: number, sizes: Sizes, out: number): void {
  const { inChannels, outChannels } = sizes;
  const from = weight >> 2;
  const to = out >> 2;
  for (let tap = 0; tap < 9; tap++) {
    for (let c = 0; c < inChannels; c++) {
      for (let o = 0; o < outChannels; o++) {
        floats[to + ((8 - tap) * outChannels + o) * inChannels + c] =
          floats[from + (tap * inChannels + c) * outChannels + o]!;
      }
    }
  }
}

/** dx: each group's gradient through its turned weights, added up where groups see the same plane. */
function runGradientX(
  frame: Frame,
  dy: number,
  parameters: number,
  sizes: Sizes,
  rows: number,
  dx: number,
): void {
  const { host } = frame;
  const { height, width, inChannels, outChannels, groups, inputPlanes, input, output, taps } = sizes;
  const adjoint = sizesOf({ height, width, inChannels: outChannels, outChannels: inChannels, groups });
  const { padded, packed, panelBytes, sum } = openScratch(host, adjoint);
  const turned = frame.temporary(taps * outChannels * 4);
  const zeros = frame.temporary(round8(inChannels) * 4);
  host.floats.fill(0, zeros >> 2, (zeros >> 2) + round8(inChannels));
  for (let g = 0; g < groups; g++) {
    writeAdjoint(host, parameters + g * sizes.group * 4, sizes, turned);
    host.call.packWeights(turned, outChannels, inChannels, packed + g * panelBytes);
  }
  for (let r = 0; r < rows; r++) {
    const row = dx + r * inputPlanes * input * 4;
    const last = row + groups * input * 4;
    for (let g = 0; g < groups; g++) {
      // A plane that all groups see gathers their parts; a plane of its own is its part.
      const adds = inputPlanes === 1 && g > 0;
      const own = adds ? sum : inputPlanes > 1 ? row + g * input * 4 : row;
      host.call.padImage(dy + (r * groups + g) * output * 4, height, width, outChannels, padded);
      const weights = packed + g * panelBytes;
      host.call.convolveImage(padded, height, width, outChannels, weights, inChannels, zeros, own);
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
    const { groups, output } = sizesOf(shape);
    const y = frame.output([rows, groups * output]);
    runForward(host, frame.input(x!), frame.input(parameters!), shape, rows, y);
  });

  register(GRADIENT_X, (frame, { dy, parameters }, shape) => {
    const sizes = sizesOf(shape);
    const rows = dy!.shape[0]!;
    const dx = frame.output([rows, sizes.inputPlanes * sizes.input]);
    runGradientX(frame, frame.input(dy!), frame.input(parameters!), sizes, rows, dx);
  });

  register(GRADIENT_PARAMETERS, (frame, { dy, x, parameters }, shape) => {
    const sizes = sizesOf(shape);
    const { height, width, inChannels, groups, output, pixels, outChannels: n } = sizes;
    const rows = x!.shape[0]!;
    const length = parameters!.shape[0]!;
    const dp = frame.output([length]);
    const { floats } = host;
    floats.fill(0, dp >> 2, (dp >> 2) + length);
    const [gradient, input] = [frame.input(dy!), frame.input(x!)];
    const sums = frame.temporary(n * 4);
    const scratch = openScratch(host, sizes);
    forEachPadded(host, input, rows, sizes, scratch, (r, g) => {
      const own = dp + g * sizes.group * 4;
      const slope = gradient + (r * groups + g) * output * 4;
      host.call.addWeightGradient(scratch.padded, height, width, inChannels, slope, n, own);
      host.call.sumRows(slope, pixels, n, sums);
      const bias = (own >> 2) + sizes.bias;
      for (let o = 0; o < n; o++) floats[bias + o]! += floats[(sums >> 2) + o]!;
    });
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
