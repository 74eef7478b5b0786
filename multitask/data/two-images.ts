import type { ImageSamples } from "./image-samples.ts";
import type { LabelledImages } from "./labelled-images.ts";
import type { Pairs } from "./pairs.ts";

/** Side of a sample, and how far right and down the digit lies. */
export const SIDE = 36;
const OFFSET = 8;

/** Classes of Fashion-MNIST (Xiao, Rasul & Vollgraf, arXiv:1708.07747), in their order. */
const GARMENTS = [
  "T-shirt/top",
  "trouser",
  "pullover",
  "dress",
  "coat",
  "sandal",
  "shirt",
  "sneaker",
  "bag",
  "ankle boot",
];

/**
 * Multi-Fashion+MNIST (Lin et al. 2019, "Pareto multi-task learning"): a garment in the top left and a digit in the
 * bottom right of 36 x 36 pixels, the pixelwise maximum where they overlap. Task 0 is the garment, task 1 the digit.
 *
 * A sample is put together when it is asked for (some microseconds), so that 120,000 of them take no more memory than
 * the 28 x 28 images they are made of.
 */
export function twoImageSamples(fashion: LabelledImages, digits: LabelledImages, pairs: Pairs): ImageSamples {
  const side = fashion.width;
  return {
    count: pairs.fashion.length,
    height: SIDE,
    width: SIDE,
    tasks: [
      { name: "garment", classes: 10, classNames: GARMENTS },
      { name: "digit", classes: 10 },
    ],
    writeImage(sample, out, offset) {
      out.fill(0, offset, offset + SIDE * SIDE);
      const garment = pairs.fashion[sample]! * side * side;
      const digit = pairs.digit[sample]! * side * side;
      for (let y = 0; y < side; y++) {
        const row = offset + y * SIDE;
        for (let x = 0; x < side; x++) out[row + x] = fashion.pixels[garment + y * side + x]!;
      }
      for (let y = 0; y < side; y++) {
        const row = offset + (y + OFFSET) * SIDE + OFFSET;
        for (let x = 0; x < side; x++) {
          const pixel = digits.pixels[digit + y * side + x]!;
          if (pixel > out[row + x]!) out[row + x] = pixel;
        }
      }
    },
    label: (sample, task) =>
      task === 0 ? fashion.labels[pairs.fashion[sample]!]! : digits.labels[pairs.digit[sample]!]!,
  };
}
