import { UsageError } from "../../core/errors.ts";
import { type IdxArray, readIdx } from "./idx.ts";

/** Images of one size with a label each, as two IDX files hold them. */
export interface LabelledImages {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** [count, height, width], 0-255. */
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

export interface ImageFiles {
  readonly images: string;
  readonly labels: string;
}

/**
 * Reads a pair of files and checks all that can be wrong with them.
 *
 * @param expected size of the images, and how many classes there are
 * @throws UsageError one line naming the file
 */
export async function readLabelledImages(
  files: ImageFiles,
  expected: { readonly side: number; readonly classes: number },
): Promise<LabelledImages> {
  const [images, labels] = await Promise.all([readIdx(files.images), readIdx(files.labels)]);
  const { side } = expected;
  const [count, height, width] = images.shape;
  if (images.shape.length !== 3 || count === undefined || height !== side || width !== side) {
    throw new UsageError(
      `${files.images} holds an array [${images.shape.join(", ")}], expected images [count, ${side}, ${side}]`,
    );
  }
  checkScale(images.values, files.images);
  checkLabels(labels, files, count, expected.classes);
  return { count, height, width, pixels: images.values, labels: labels.values };
}

/** Everything here (noise amplitudes, thresholds, initial weights) is on the scale of raw pixels. */
export function checkScale(pixels: Uint8Array, file: string): void {
  let largest = 0;
  for (const pixel of pixels) if (pixel > largest) largest = pixel;
  if (largest <= 1) {
    throw new UsageError(
      `${file}: its largest pixel is ${largest}; pixels must be 0-255 and not already scaled to 0-1: multiply them by 255 and write them as bytes`,
    );
  }
}

function checkLabels({ shape, values }: IdxArray, files: ImageFiles, count: number, classes: number): void {
  if (shape.length !== 1) {
    throw new UsageError(`${files.labels} holds an array [${shape.join(", ")}], expected labels [count]`);
  }
  if (shape[0] !== count) {
    throw new UsageError(
      `${files.labels} has ${shape[0]} labels, but ${files.images} has ${count} images; they belong to different sets or one is old`,
    );
  }
  const wrong = values.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    throw new UsageError(
      `${files.labels}: label ${wrong} is ${values[wrong]}, expected 0 to ${classes - 1} (${classes} classes)`,
    );
  }
}
