import { defineCorruption } from "./corruption.ts";

/**
 * The published noise: ONE pattern A N(0, 1) for all training and test images. A layer's bias can take it back,
 * so read it beside `fresh`.
 */
export const fixedNoise = defineCorruption({
  id: "fixed",
  summary: "one pattern of Gaussian noise added to every image, as published; a bias can absorb it",
  references: ["He et al., Nature Computational Science 4, 584-599 (2024)"],
  level: "standard deviation A of the noise, on the pixels' scale of 0-255",
  min: 0,
  max: 1000,
  none: 0,
  levels: [25, 50, 75],
  create(level, { height, width }, rng) {
    const pattern = new Float32Array(height * width);
    rng.fillNormal(pattern, 0, level);
    return (images) => {
      for (let i = 0; i < images.length; i++) images[i]! += pattern[i % pattern.length]!;
    };
  },
});

/** Gaussian noise drawn anew for every pixel of every image, each time it is shown. */
export const freshNoise = defineCorruption({
  id: "fresh",
  summary: "Gaussian noise drawn anew for each image",
  references: ["Hendrycks & Dietterich, International Conference on Learning Representations (2019)"],
  level: "standard deviation A of the noise, on the pixels' scale of 0-255",
  min: 0,
  max: 1000,
  none: 0,
  levels: [25, 50, 75],
  create: (level) => (images, rng) => {
    for (let i = 0; i < images.length; i++) images[i]! += level * rng.normal();
  },
});
