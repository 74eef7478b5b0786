import { ParameterLayout } from "../tensors/layout.ts";

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
  /** The rows are this many ticks of the same images, tick after tick (default 1): then only what changes is worked out. */
  readonly ticks?: number;
}

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

export const round4 = (n: number) => Math.ceil(n / 4) * 4;
export const round8 = (n: number) => Math.ceil(n / 8) * 8;

/** Sizes of one call, in floats where nothing else is said. */
export function sizesOf({
  height,
  width,
  inChannels,
  outChannels,
  groups = 1,
  inputPlanes = 1,
  ticks = 1,
}: ConvolutionShape) {
  const pixels = height * width;
  const taps = 9 * inChannels;
  return {
    height,
    width,
    inChannels,
    outChannels,
    groups,
    inputPlanes,
    ticks,
    pixels,
    taps,
    input: pixels * inChannels,
    output: pixels * outChannels,
    bias: round4(taps * outChannels),
    /** Of one group's parameters. */
    group: round4(taps * outChannels) + round4(outChannels),
  };
}

export type Sizes = ReturnType<typeof sizesOf>;
