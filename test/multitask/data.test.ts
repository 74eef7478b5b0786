import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { encodeIdx, parseIdx } from "../../multitask/data/idx.ts";
import { loadTwoImages } from "../../multitask/data/load.ts";
import { drawPairs, parsePairs } from "../../multitask/data/pairs.ts";
import { SIDE } from "../../multitask/data/two-images.ts";

const FIXTURE = join(import.meta.dirname, "../fixtures/multitask");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "spikegym-data-"));
  for (const file of readdirSync(FIXTURE)) copyFileSync(join(FIXTURE, file), join(folder, file));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const images = (n: number, values = new Uint8Array(n * 784).fill(200)) =>
  encodeIdx({ shape: [n, 28, 28], values });
const put = (name: string, bytes: Uint8Array | string) => {
  rmSync(join(folder, `${name}.gz`), { force: true });
  writeFileSync(join(folder, name), bytes);
};
const failure = async () => {
  const error = await loadTwoImages(folder).catch((e: unknown) => e as Error & { exitCode: number });
  expect(error).toMatchObject({ exitCode: 2 });
  const { message } = error as Error;
  expect(message).not.toContain("\n");
  return message;
};

describe("the two-image data set", () => {
  it("is exactly the given pairs: garment top left, digit bottom right, the larger pixel where they meet", async () => {
    const { train, test, name } = await loadTwoImages(folder);
    expect([train.count, test.count, train.height, train.width]).toEqual([60, 20, 36, 36]);
    expect(name).toBe("Multi-Fashion+MNIST (subset: 60 train, 20 test)");
    const read = (file: string) => parseIdx(gunzipSync(readFileSync(join(folder, file))), file).values;
    const [garments, digits] = [
      read("fashion-train-images-idx3-ubyte.gz"),
      read("mnist-train-images-idx3-ubyte.gz"),
    ];
    const lines = readFileSync(join(folder, "pairs-train.csv"), "utf8").trim().split("\n").slice(1);
    const out = new Float32Array(SIDE * SIDE + 5).fill(-1);
    for (const sample of [0, 17, 59]) {
      const [f, d] = lines[sample]!.split(",").map(Number) as [number, number];
      train.writeImage(sample, out, 5);
      for (let y = 0; y < SIDE; y++) {
        for (let x = 0; x < SIDE; x++) {
          const garment = x < 28 && y < 28 ? garments[f * 784 + y * 28 + x]! : 0;
          const digit = x >= 8 && y >= 8 ? digits[d * 784 + (y - 8) * 28 + x - 8]! : 0;
          expect(out[5 + y * SIDE + x]).toBe(Math.max(garment, digit));
        }
      }
      expect([train.label(sample, 0), train.label(sample, 1)]).toEqual([f % 10, d % 10]);
    }
    expect(out.slice(0, 5)).toEqual(new Float32Array(5).fill(-1));
  });

  it("without pairs draws them from the seed, each image as often as any other", async () => {
    rmSync(join(folder, "pairs-train.csv"));
    rmSync(join(folder, "pairs-test.csv"));
    const first = await loadTwoImages(folder, 3);
    expect([first.train.count, first.test.count]).toEqual([80, 40]);
    const labels = (data: typeof first) => Array.from({ length: 80 }, (_, i) => data.train.label(i, 1));
    expect(labels(await loadTwoImages(folder, 3))).toEqual(labels(first));
    expect(labels(await loadTwoImages(folder, 4))).not.toEqual(labels(first));
    const drawn = drawPairs(80, 40, 40, new Rng(1));
    for (let i = 0; i < 40; i++) expect(drawn.digit.filter((d) => d === i)).toHaveLength(2);
  });
});

describe("bad data is refused in one line that names the file", () => {
  it("pixels already scaled to 0-1, and the fix", async () => {
    put("mnist-train-images-idx3-ubyte", images(40, new Uint8Array(40 * 784).fill(1)));
    expect(await failure()).toMatch(
      /mnist-train-images.*largest pixel is 1; .*not already scaled to 0-1: multiply/,
    );
  });

  it("pixels as floats, and the fix", async () => {
    const bytes = images(40);
    bytes[2] = 13;
    put("mnist-train-images-idx3-ubyte", bytes);
    expect(await failure()).toMatch(/holds 32-bit floats, expected unsigned bytes.*multiply by 255/);
  });

  it("labels out of range", async () => {
    const values = new Uint8Array(40);
    values[7] = 10;
    put("fashion-train-labels-idx1-ubyte", encodeIdx({ shape: [40], values }));
    expect(await failure()).toMatch(/fashion-train-labels.*label 7 is 10, expected 0 to 9/);
  });

  it("images of another size", async () => {
    put(
      "fashion-test-images-idx3-ubyte",
      encodeIdx({ shape: [20, 32, 32], values: new Uint8Array(20 * 1024) }),
    );
    expect(await failure()).toMatch(/fashion-test-images.*\[20, 32, 32\], expected images \[count, 28, 28\]/);
  });

  it("truncated files, plain and gzipped", async () => {
    put("mnist-test-images-idx3-ubyte", images(20).subarray(0, 9000));
    expect(await failure()).toMatch(/mnist-test-images.*is cut off: 8984 values, expected 15680/);
    const whole = readFileSync(join(FIXTURE, "mnist-test-images-idx3-ubyte.gz"));
    rmSync(join(folder, "mnist-test-images-idx3-ubyte"));
    writeFileSync(join(folder, "mnist-test-images-idx3-ubyte.gz"), whole.subarray(0, whole.length - 40));
    expect(await failure()).toMatch(/mnist-test-images.*gz is cut off or damaged/);
  });

  it("missing files and folders", async () => {
    rmSync(join(folder, "mnist-train-labels-idx1-ubyte"));
    expect(await failure()).toMatch(
      /has no mnist-train-labels-idx1-ubyte\[\.gz\]; .*multitask data --download/,
    );
    rmSync(folder, { recursive: true });
    expect(existsSync(folder)).toBe(false);
    expect(await failure()).toMatch(/does not exist; .*--data DIR/);
  });

  it("mismatched counts", async () => {
    put("fashion-train-labels-idx1-ubyte", encodeIdx({ shape: [39], values: new Uint8Array(39) }));
    expect(await failure()).toMatch(/has 39 labels, but .* has 40 images/);
  });

  it("something that is no IDX file, a header that ends early", async () => {
    put("fashion-train-labels-idx1-ubyte", "not numbers");
    expect(await failure()).toMatch(/is no IDX file/);
    expect(() => parseIdx(Uint8Array.of(0, 0, 8, 3, 0, 0), "f")).toThrow("f is cut off within its header");
  });

  it("pairs of images that do not exist, or of something else", () => {
    const limits = { fashion: 3, digit: 3 };
    const header = "fashion_index,mnist_index\n";
    expect(() => parsePairs(`${header}0,3\n`, "p.csv", limits)).toThrow(
      "p.csv:2: digit 3, but there are only 3",
    );
    expect(() => parsePairs(`${header}0,1\n4,0\n`, "p.csv", limits)).toThrow("p.csv:3: garment 4");
    expect(() => parsePairs(`${header}a,b\n`, "p.csv", limits)).toThrow(
      'p.csv:2 is "a,b", expected two indices',
    );
    expect(() => parsePairs("a,b\n", "p.csv", limits)).toThrow('p.csv:1 is "a,b"');
    expect(() => parsePairs(header, "p.csv", limits)).toThrow("names no pairs");
  });

  it("pairs for one split only", async () => {
    rmSync(join(folder, "pairs-test.csv"));
    expect(await failure()).toMatch(/has pairs-train.csv only/);
  });
});
