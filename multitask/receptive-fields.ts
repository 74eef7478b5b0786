import type { ParameterLayout } from "../tensors/layout.ts";
import type { RgbImage } from "./png.ts";

/** Fields drawn, in rows of this many. */
const COLUMNS = 8;
const MOST = 48;
const GAP = 1;

/** Below zero blue, above zero orange, zero white (Okabe and Ito's colours). */
const NEGATIVE = [0, 114, 178] as const;
const POSITIVE = [213, 94, 0] as const;

/**
 * The weights of a network's first layer as pictures, the strongest first: of a dense layer each neuron's whole image,
 * of a convolution its 3 x 3 kernels. Each field is on a scale of its own.
 *
 * @param flat the layer's parameters
 * @param image size of what the layer sees
 */
export function drawFields(
  layout: ParameterLayout,
  flat: Float32Array,
  image: { height: number; width: number },
): { image: RgbImage; zoom: number } {
  const slot = layout.slots[0]!;
  const weights = layout.view(flat, slot.name);
  const isKernel = slot.shape.length === 4;
  const [height, width] = isKernel ? [3, 3] : [image.height, image.width];
  const neurons = slot.shape.at(-1)!;
  const pixels = height * width;
  const field = (neuron: number) =>
    Float32Array.from({ length: pixels }, (_, i) => weights[i * neurons + neuron]!);
  const strength = (values: Float32Array) => values.reduce((sum, w) => sum + w * w, 0);
  const fields = Array.from({ length: neurons }, (_, i) => field(i))
    .sort((a, b) => strength(b) - strength(a))
    .slice(0, MOST);
  const columns = Math.min(COLUMNS, fields.length);
  const rows = Math.ceil(fields.length / columns);
  const size = { width: columns * (width + GAP) + GAP, height: rows * (height + GAP) + GAP };
  const values = new Uint8Array(size.width * size.height * 3).fill(220);
  fields.forEach((own, i) => {
    const left = (i % columns) * (width + GAP) + GAP;
    const top = Math.floor(i / columns) * (height + GAP) + GAP;
    const largest = own.reduce((most, w) => Math.max(most, Math.abs(w)), 1e-12);
    own.forEach((w, k) => {
      const at = ((top + Math.floor(k / width)) * size.width + left + (k % width)) * 3;
      const share = Math.abs(w) / largest;
      const colour = w < 0 ? NEGATIVE : POSITIVE;
      for (let c = 0; c < 3; c++) values[at + c] = Math.round(255 + share * (colour[c]! - 255));
    });
  });
  return { image: { ...size, values }, zoom: isKernel ? 16 : 3 };
}
