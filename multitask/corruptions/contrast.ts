import { defineCorruption, forEachImage } from "./corruption.ts";

/** x <- m + (1 - level) (x - m), m the image's mean: at level 1 nothing but the mean is left. */
export const contrast = defineCorruption({
  id: "contrast",
  summary: "pixels drawn towards the image's mean",
  references: ["Hendrycks & Dietterich, International Conference on Learning Representations (2019)"],
  level: "share of the contrast that is taken away",
  min: 0,
  max: 1,
  none: 0,
  levels: [0.25, 0.5, 0.75],
  create: (level, size) => (images) => {
    forEachImage(images, size, (image) => {
      let sum = 0;
      for (const pixel of image) sum += pixel;
      const mean = sum / image.length;
      for (let i = 0; i < image.length; i++) image[i] = mean + (1 - level) * (image[i]! - mean);
    });
  },
});
