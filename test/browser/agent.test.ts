import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { learn } from "./agent-page/learn.ts";
import { serveFolder } from "./serve-folder.ts";
import { chromiumPath, launchChromium } from "./viewer-host.ts";

if (chromiumPath === undefined) {
  process.stderr.write(
    "\nSKIPPED: the viewer's browser tests found no Chromium. Install it or set CHROMIUM_PATH.\n\n",
  );
}

describe.skipIf(chromiumPath === undefined)("an agent in Chromium", () => {
  let site: Awaited<ReturnType<typeof serveFolder>>;
  let browser: Browser;
  let outDir: string;

  beforeAll(async () => {
    outDir = await mkdtemp(join(tmpdir(), "spikegym-page-"));
    await build({
      root: resolve(import.meta.dirname, "agent-page"),
      logLevel: "error",
      build: { outDir, emptyOutDir: true, target: "es2022" },
    });
    site = await serveFolder(outDir);
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await site.close();
    await rm(outDir, { recursive: true, force: true });
  });

  it("steps the pendulum and updates the policy to the same numbers as in Node", async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(site.url);
    await page.waitForFunction(() => "learn" in window);
    const inPage = await page.evaluate(() => window.learn());
    await page.close();
    const inNode = await learn();
    expect(errors).toEqual([]);
    expect(inPage.simd).toBe("strict");
    expect(inPage.rewards).toHaveLength(80);
    // Math.tanh and Math.exp may differ in the last bit between two versions of V8; nothing else may.
    inNode.rewards.forEach((reward, i) => {
      expect(inPage.rewards[i]).toBeCloseTo(reward, 3);
    });
    inNode.losses.forEach((loss, i) => {
      expect(Math.abs(inPage.losses[i]! / loss - 1)).toBeLessThan(1e-3);
    });
  });
});
