import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveReferenceHost } from "./reference-host.ts";
import { referenceViews, takeView } from "./reference-views.ts";
import { chromiumPath, launchChromium, type ViewerHost } from "./viewer-host.ts";

/*
 * The pictures in references/ were looked at when they were kept; `npx tsx test/browser/take-references.ts` takes them
 * anew. Other machines have other fonts, and worlds that run in real time are never at quite the same instant, so what is
 * compared is the structure: both pictures in blocks of 20 x 20 pixels, and how well their brightness correlates.
 */
const folder = join(import.meta.dirname, "references");
/** Two pictures of the same view correlate at least so well; of two different views, less. */
const alike = 0.8;

/** Correlation of two PNGs' block brightness, and whether they have the same size. */
async function compare(page: Page, one: Buffer, other: Buffer): Promise<number> {
  const source = `(async () => {
    const blocks = async (base64) => {
      const image = new Image();
      image.src = "data:image/png;base64," + base64;
      await image.decode();
      const [columns, rows] = [Math.floor(image.width / 20), Math.floor(image.height / 20)];
      const canvas = document.createElement("canvas");
      canvas.width = image.width;
      canvas.height = image.height;
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      const sums = new Float64Array(columns * rows);
      for (let y = 0; y < rows * 20; y++) {
        for (let x = 0; x < columns * 20; x++) {
          const i = 4 * (y * image.width + x);
          sums[Math.floor(y / 20) * columns + Math.floor(x / 20)] += (data[i] + data[i + 1] + data[i + 2]) / 1200;
        }
      }
      return sums;
    };
    const [a, b] = [await blocks(${JSON.stringify(one.toString("base64"))}), await blocks(${JSON.stringify(other.toString("base64"))})];
    if (a.length !== b.length) return 0;
    const mean = (values) => values.reduce((sum, x) => sum + x, 0) / values.length;
    const [ma, mb] = [mean(a), mean(b)];
    let [ab, aa, bb] = [0, 0, 0];
    for (let i = 0; i < a.length; i++) {
      ab += (a[i] - ma) * (b[i] - mb);
      aa += (a[i] - ma) ** 2;
      bb += (b[i] - mb) ** 2;
    }
    // A dark page is not the light one with the same structure.
    return Math.abs(ma - mb) > 40 ? 0 : ab / Math.sqrt(aa * bb);
  })()`;
  return (await page.evaluate(source)) as number;
}

describe.skipIf(chromiumPath === undefined)("every mode looks as it did when it was last looked at", () => {
  let host: ViewerHost;
  let browser: Browser;
  let blank: Page;

  beforeAll(async () => {
    host = await serveReferenceHost();
    browser = await launchChromium();
    blank = await browser.newPage();
  });

  afterAll(async () => {
    await browser?.close();
    await host?.close();
  });

  test("there is a picture of every view, and together they are small", async () => {
    const names = (await readdir(folder)).filter((name) => name.endsWith(".png"));
    expect(names.sort()).toEqual(referenceViews.map(({ name }) => `${name}.png`).sort());
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1.5e6);
  });

  test("the measure tells the views apart", async () => {
    const desktop = referenceViews.filter(({ size }) => size[0] > 1000);
    const pictures = await Promise.all(desktop.map(({ name }) => readFile(join(folder, `${name}.png`))));
    for (const [i, one] of pictures.entries()) {
      const next = (i + 1) % pictures.length;
      const likeness = await compare(blank, one, pictures[next]!);
      expect(likeness, `${desktop[i]!.name} and ${desktop[next]!.name}`).toBeLessThan(alike);
    }
  });

  test.each(referenceViews)("$name", async (view) => {
    const path = join(folder, `${view.name}.png`);
    if (!existsSync(path)) throw new Error(`no ${path}; run npx tsx test/browser/take-references.ts`);
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    const picture = await takeView(page, host.url, view);
    await page.close();
    expect(errors).toEqual([]);
    const likeness = await compare(blank, await readFile(path), picture);
    expect(likeness).toBeGreaterThan(alike);
  });
});
