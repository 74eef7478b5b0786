import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { learn } from "./agent-page/learn.ts";
import { chromiumPath, launchChromium } from "./viewer-host.ts";

if (chromiumPath === undefined) {
  process.stderr.write(
    "\nSKIPPED: the viewer's browser tests found no Chromium. Install it or set CHROMIUM_PATH.\n\n",
  );
}

describe.skipIf(chromiumPath === undefined)("an agent in Chromium", () => {
  let server: Server;
  let browser: Browser;
  let url: string;
  let outDir: string;

  beforeAll(async () => {
    outDir = await mkdtemp(join(tmpdir(), "spikegym-page-"));
    await build({
      root: resolve(import.meta.dirname, "agent-page"),
      logLevel: "error",
      build: { outDir, emptyOutDir: true, target: "es2022" },
    });
    server = createServer((request, response) => {
      const path = request.url === "/" ? "/index.html" : (request.url ?? "");
      readFile(join(outDir, path)).then(
        (bytes) => {
          response.setHeader("content-type", path.endsWith(".js") ? "text/javascript" : "text/html");
          response.end(bytes);
        },
        () => {
          response.statusCode = 404;
          response.end();
        },
      );
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await new Promise((done) => server.close(done));
    await rm(outDir, { recursive: true, force: true });
  });

  it("steps the pendulum and updates the policy to the same numbers as in Node", async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(url);
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
