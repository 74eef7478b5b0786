import { defineCorruption, forEachImage } from "./corruption.ts";

/** Moves each image by up to `level` pixels in both directions, at random; what comes in from outside is black. */
export const shift = defineCorruption({
  id: "shift",
  summary: "the whole image moved at random",
  references: ["Hendrycks & Dietterich, International Conference on Learning Representations (2019)"],
  level: "largest move in each direction, whole pixels",
  min: 0,
  max: 35,
  none: 0,
  levels: [1, 2, 4],
  create(level, size) {
    const { height, width } = size;
    const most = Math.round(level);
    const source = new Float32Array(height * width);
    return (images, rng) => {
      forEachImage(images, size, (image) => {
        const down = rng.integer(2 * most + 1) - most;
        const right = rng.integer(2 * most + 1) - most;
        source.set(image);
        image.fill(0);
        for (let y = Math.max(0, down); y < Math.min(height, height + down); y++) {
          for (let x = Math.max(0, right); x < Math.min(width, width + right); x++) {
            image[y * width + x] = source[(y - down) * width + x - right]!;
          }
        }
      });
    };
  },
});
