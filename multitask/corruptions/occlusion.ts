import { defineCorruption, forEachImage } from "./corruption.ts";

/** A black square at a random place, drawn anew for each image (DeVries & Taylor 2017, "cutout"). */
export const occlusion = defineCorruption({
  id: "occlusion",
  summary: "a black square at a random place",
  references: [
    "DeVries & Taylor, Improved regularization of convolutional neural networks with cutout (2017)",
  ],
  level: "share of the image's area that is covered",
  min: 0,
  max: 1,
  none: 0,
  levels: [0.05, 0.1, 0.2],
  create(level, size) {
    const { height, width } = size;
    const side = Math.min(height, width, Math.round(Math.sqrt(level * height * width)));
    return (images, rng) => {
      forEachImage(images, size, (image) => {
        const top = rng.integer(height - side + 1);
        const left = rng.integer(width - side + 1);
        for (let y = top; y < top + side; y++) image.fill(0, y * width + left, y * width + left + side);
      });
    };
  },
});
