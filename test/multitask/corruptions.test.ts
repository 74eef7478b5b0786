import { describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { corruptions, makeCorruption } from "../../multitask/corruptions/index.ts";

const SIZE = { height: 6, width: 8 };
const pictures = () => {
  const images = new Float32Array(3 * 48);
  new Rng("images").fillUniform(images, 0, 255);
  return images;
};
const corrupted = (kind: string, level: number, seed = "draw") => {
  const images = pictures();
  makeCorruption({ kind, level }, SIZE, new Rng("pattern"))(images, new Rng(seed));
  return images;
};

describe.each(corruptions.entries.map((entry) => [entry.id, entry] as const))(
  "corruption %s",
  (id, entry) => {
    it("changes nothing at the level that says so, and something at each of its own", () => {
      expect(corrupted(id, entry.none)).toEqual(pictures());
      for (const level of entry.levels) expect(corrupted(id, level)).not.toEqual(pictures());
    });

    it("derives from its streams alone", () => {
      const level = entry.levels.at(-1)!;
      expect(corrupted(id, level)).toEqual(corrupted(id, level));
    });

    it("refuses a level out of its range in words", () => {
      expect(() => corrupted(id, entry.max + 1)).toThrow(
        `corruption "${id}": level is ${entry.max + 1}, expected`,
      );
      expect(() => corrupted(id, Number.NaN)).toThrow("level is NaN");
    });
  },
);

describe("what corruptions do", () => {
  it("fixed noise is one pattern for all images and all draws; fresh noise is not", () => {
    const noise = (kind: string, seed: string) => {
      const clean = pictures();
      return corrupted(kind, 50, seed).map((x, i) => Math.round(x - clean[i]!));
    };
    const fixed = noise("fixed", "a");
    expect(fixed.slice(0, 48)).toEqual(fixed.slice(48, 96));
    expect(noise("fixed", "b")).toEqual(fixed);
    const fresh = noise("fresh", "a");
    expect(fresh.slice(0, 48)).not.toEqual(fresh.slice(48, 96));
    expect(noise("fresh", "b")).not.toEqual(fresh);
  });

  it("occlusion covers its share, shift moves the image, contrast keeps the mean", () => {
    const black = (images: Float32Array) => images.filter((x) => x === 0).length;
    // A quarter of 48 pixels: a square of 3 or 4 a side.
    expect(black(corrupted("occlusion", 0.25))).toBe(3 * Math.round(Math.sqrt(12)) ** 2);
    const image = new Float32Array(48);
    image[2 * 8 + 3] = 1;
    makeCorruption({ kind: "shift", level: 1 }, SIZE, new Rng("p"))(image, new Rng("s"));
    const at = image.indexOf(1);
    expect(Math.abs(Math.floor(at / 8) - 2)).toBeLessThanOrEqual(1);
    expect(Math.abs((at % 8) - 3)).toBeLessThanOrEqual(1);
    const sum = (x: Float32Array) => x.slice(0, 48).reduce((a, b) => a + b, 0);
    expect(sum(corrupted("contrast", 0.5))).toBeCloseTo(sum(pictures()), 1);
  });
});
