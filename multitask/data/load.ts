import { existsSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { Rng } from "../../core/rng.ts";
import type { ImageDataSet, ImageSamples } from "./image-samples.ts";
import { type LabelledImages, readLabelledImages } from "./labelled-images.ts";
import { drawPairs, readPairs } from "./pairs.ts";
import { twoImageSamples } from "./two-images.ts";

/** The sets a sample's two images come from, and their splits. */
export const SETS = ["fashion", "mnist"] as const;
export const SPLITS = ["train", "test"] as const;
export type SetName = (typeof SETS)[number];
export type SplitName = (typeof SPLITS)[number];

const SIDE = 28;
const CLASSES = 10;
/** The published experiments' samples for each image of the full sets: 120,000 of 60,000 and 20,000 of 10,000. */
const SAMPLES_PER_IMAGE = 2;
const FULL_SET = { train: 60_000, test: 10_000 } as const;

/** The name of a file in a data folder, without `.gz`. */
export function fileName(set: SetName, split: SplitName, what: "images" | "labels"): string {
  return `${set}-${split}-${what}-${what === "images" ? "idx3" : "idx1"}-ubyte`;
}

/**
 * Where a file of a data folder lies: gzipped or not.
 *
 * @throws UsageError when neither is there, saying how to get it
 */
function locate(folder: string, name: string): string {
  for (const candidate of [`${name}.gz`, name]) {
    const path = join(folder, candidate);
    if (existsSync(path)) return path;
  }
  throw new UsageError(
    `${folder} has no ${name}[.gz]; give the folder of the sets with --data DIR, or get them: spikegym multitask data --download --data ${folder}`,
  );
}

export interface TwoImageSet extends ImageDataSet {
  /** `full`: as many samples as the published experiments. */
  readonly scale: "subset" | "full";
}

/**
 * The two-task data set in a folder: eight IDX files `<fashion|mnist>-<train|test>-<images|labels>-idx<3|1>-ubyte[.gz]`.
 * Where `pairs-train.csv` and `pairs-test.csv` lie beside them, exactly those pairs are the samples; otherwise two
 * samples an image are drawn from the seed.
 *
 * @throws UsageError one line for anything that is missing, damaged or does not fit
 */
export async function loadTwoImages(folder: string, seed = 0): Promise<TwoImageSet> {
  if (!existsSync(folder)) {
    throw new UsageError(
      `${folder} does not exist; give the folder of the sets with --data DIR, or get them: spikegym multitask data --download --data ${folder}`,
    );
  }
  const paired = SPLITS.filter((split) => existsSync(join(folder, `pairs-${split}.csv`)));
  if (paired.length === 1) {
    throw new UsageError(
      `${folder} has pairs-${paired[0]}.csv only, expected pairs for train and test, or none`,
    );
  }
  const read = async (split: SplitName) => {
    const [fashion, digits] = await Promise.all(
      SETS.map((set) =>
        readLabelledImages(
          {
            images: locate(folder, fileName(set, split, "images")),
            labels: locate(folder, fileName(set, split, "labels")),
          },
          { side: SIDE, classes: CLASSES },
        ),
      ),
    );
    return samplesOf(folder, split, fashion!, digits!, paired.length > 0 ? undefined : seed);
  };
  const [train, test] = [await read("train"), await read("test")];
  const full = paired.length === 0 && train.count === SAMPLES_PER_IMAGE * FULL_SET.train;
  const scale = full ? "full" : "subset";
  return {
    name: `Multi-Fashion+MNIST (${scale}: ${train.count} train, ${test.count} test)`,
    scale,
    train,
    test,
  };
}

async function samplesOf(
  folder: string,
  split: SplitName,
  fashion: LabelledImages,
  digits: LabelledImages,
  seed: number | undefined,
): Promise<ImageSamples> {
  const pairs =
    seed === undefined
      ? await readPairs(join(folder, `pairs-${split}.csv`), { fashion: fashion.count, digit: digits.count })
      : drawPairs(
          SAMPLES_PER_IMAGE * Math.min(fashion.count, digits.count),
          fashion.count,
          digits.count,
          new Rng(seed).split(`pairs/${split}`),
        );
  return twoImageSamples(fashion, digits, pairs);
}
