import { round4, type Sizes } from "./convolution-shape.ts";
import type { KernelHost } from "./host.ts";

// A convolution and its weights' gradient, of rows that are ticks of the same images (kernels/assembly/change-events.ts).
// A row that is alone is an image whose every lit pixel is a change.

/** Floats behind an image with a border that whole blocks may touch. */
const SPARE = 32;

/** Scratch of one call: an image with its border on the output's side, runs of weights, lists, two sums of planes. */
function openScratch(
  host: KernelHost,
  { height, width, inChannels, outChannels, groups, pixels, input }: Sizes,
) {
  const padded = round4((height + 2) * (width + 2) * outChannels + SPARE);
  const runs = Math.ceil((3 * outChannels) / 32) * 32 * 3 * inChannels;
  const list = round4(inChannels * (2 * pixels + 3) + 2);
  const sum = round4(input);
  const start = host.scratch((padded + groups * runs + list + 2 * sum) * 4);
  const firstRuns = start + padded * 4;
  const firstList = firstRuns + groups * runs * 4;
  const firstSum = firstList + list * 4;
  return {
    padded: start,
    paddedFloats: padded,
    runs: firstRuns,
    runsFloats: runs,
    list: firstList,
    sums: [firstSum, firstSum + sum * 4] as const,
  };
}

/** The image that group g sees in a row; a sum of two planes is written to `sum`. */
function imageOf(
  host: KernelHost,
  row: number,
  g: number,
  { groups, inputPlanes, input }: Sizes,
  sum: number,
) {
  if (inputPlanes === 1) return row;
  host.call.addPlanes(row + g * input * 4, row + groups * input * 4, input, sum);
  return sum;
}

/** y of all rows, each image tick after tick. */
export function runForward(
  host: KernelHost,
  x: number,
  parameters: number,
  sizes: Sizes,
  rows: number,
  y: number,
): void {
  const { height, width, inChannels, outChannels, groups, inputPlanes, input, output, ticks } = sizes;
  const { padded, runs, runsFloats, list, sums } = openScratch(host, sizes);
  for (let g = 0; g < groups; g++) {
    host.call.packRuns(parameters + g * sizes.group * 4, inChannels, outChannels, runs + g * runsFloats * 4);
  }
  const images = rows / ticks;
  for (let i = 0; i < images; i++) {
    for (let g = 0; g < groups; g++) {
      const bias = parameters + (g * sizes.group + sizes.bias) * 4;
      host.call.fillPixels(bias, (height + 2) * (width + 2), outChannels, padded);
      let before = 0;
      for (let t = 0; t < ticks; t++) {
        const r = t * images + i;
        const now = imageOf(host, x + r * inputPlanes * input * 4, g, sizes, sums[t % 2]!);
        const own = runs + g * runsFloats * 4;
        host.call.addChanges(now, before, height, width, inChannels, own, outChannels, list, padded);
        host.call.cutBorder(padded, height, width, outChannels, y + (r * groups + g) * output * 4);
        before = now;
      }
    }
  }
}

/** Adds the gradient of weights and biases to `dp`, each image from its last tick back. */
export function runGradientParameters(
  host: KernelHost,
  x: number,
  dy: number,
  sizes: Sizes,
  rows: number,
  dp: number,
): void {
  const { height, width, inChannels, outChannels, groups, inputPlanes, input, output, ticks } = sizes;
  const { padded, paddedFloats, runs, runsFloats, list, sums } = openScratch(host, sizes);
  const { floats } = host;
  const clear = (address: number, length: number) => floats.fill(0, address >> 2, (address >> 2) + length);
  clear(runs, groups * runsFloats);
  const images = rows / ticks;
  for (let i = 0; i < images; i++) {
    for (let g = 0; g < groups; g++) {
      clear(padded, paddedFloats);
      const image = (t: number) =>
        imageOf(host, x + (t * images + i) * inputPlanes * input * 4, g, sizes, sums[t % 2]!);
      let now = image(ticks - 1);
      for (let t = ticks - 1; t >= 0; t--) {
        const before = t === 0 ? 0 : image(t - 1);
        const slope = dy + ((t * images + i) * groups + g) * output * 4;
        host.call.addInside(slope, height, width, outChannels, padded);
        const own = runs + g * runsFloats * 4;
        host.call.addChangesGradient(now, before, height, width, inChannels, padded, outChannels, list, own);
        now = before;
      }
      // The border is zero: all pixels together are the bias's gradient.
      host.call.addPixels(
        padded,
        (height + 2) * (width + 2),
        outChannels,
        dp + (g * sizes.group + sizes.bias) * 4,
      );
    }
  }
  for (let g = 0; g < groups; g++) {
    host.call.addRuns(runs + g * runsFloats * 4, inChannels, outChannels, dp + g * sizes.group * 4);
  }
}
