import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { useKernels } from "../../kernels/load.ts";
import { assembleAgent, assembleEnvironment } from "../../training/assemble.ts";
import { configureRun } from "../../training/configure-run.ts";
import { exportPolicy } from "../../training/export/export-policy.ts";
import { serveFolder } from "./serve-folder.ts";
import { chromiumPath, launchChromium } from "./viewer-host.ts";

const root = resolve(import.meta.dirname, "../..");

describe.skipIf(chromiumPath === undefined)("examples/web-page", () => {
  let site: Awaited<ReturnType<typeof serveFolder>>;
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "spikegym-example-page-"));
    await cp(join(root, "examples/web-page"), join(folder, "source"), { recursive: true });
    // What an installed package's "exports" do for a page of one's own.
    const alias = [
      { find: /^spikegym$/, replacement: join(root, "library/index.ts") },
      { find: /^spikegym\/(.*)$/, replacement: join(root, "library/$1.ts") },
    ];
    await build({
      root: join(folder, "source"),
      logLevel: "error",
      resolve: { alias },
      build: { outDir: join(folder, "page"), emptyOutDir: true, target: "es2022" },
    });
    await useKernels();
    const config = configureRun("tuned/double-lif", { engine: "lagrangian" });
    const env = assembleEnvironment(config);
    const agent = assembleAgent(config, env, new Rng(0));
    env.close();
    const policy = { agent, config, run: "none", checkpoint: "only" } as const;
    const { checks } = await exportPolicy(policy, "policy", join(folder, "page/policy"), {
      batch: 1,
      observations: 5,
      seed: 0,
    });
    expect(checks.map(({ ok }) => ok)).toEqual([true]);
    agent.dispose();
    site = await serveFolder(join(folder, "page"));
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await site.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("an exported policy moves its poles on the page, without an error", async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(site.url);
    const picture = () => page.evaluate(() => document.querySelector("canvas")!.toDataURL());
    const drawn = (empty: string) =>
      page.waitForFunction((before) => document.querySelector("canvas")!.toDataURL() !== before, empty);
    const blank = await page.evaluate(() => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 600, height: 300 });
      return canvas.toDataURL();
    });
    await drawn(blank);
    await drawn(await picture());
    if (process.env.SPIKEGYM_PICTURES !== undefined) {
      await writeFile(join(process.env.SPIKEGYM_PICTURES, "web-page.png"), await page.screenshot());
    }
    await page.close();
    expect(errors).toEqual([]);
  });
});
