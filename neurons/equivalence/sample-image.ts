/** Side of the image. */
export const IMAGE_SIDE = 28;

/**
 * A small picture of our own, in the manner of a handwritten zero: a ring of soft ink, 28 x 28, 0 to 255.
 *
 * @returns rows from the top
 */
export function sampleImage(): Uint8Array {
  const image = new Uint8Array(IMAGE_SIDE * IMAGE_SIDE);
  for (let row = 0; row < IMAGE_SIDE; row++) {
    for (let column = 0; column < IMAGE_SIDE; column++) {
      const radius = Math.hypot((column - 13.5) / 6.5, (row - 13.5) / 9);
      const ink = Math.max(0, 1 - Math.abs(radius - 1) / 0.35);
      image[row * IMAGE_SIDE + column] = Math.round(255 * Math.min(1, 1.6 * ink));
    }
  }
  return image;
}
