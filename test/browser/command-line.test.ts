import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startViewerServer, type ViewerServer } from "../../cli/viewer-server.ts";
import { packageRoot } from "../../training/package-root.ts";
import { runSpikegym } from "../cli/run-for-tests.ts";
import { chromiumPath, launchChromium } from "./viewer-host.ts";

const built = existsSync(join(packageRoot(), "viewer", "dist", "index.html"));
if (chromiumPath === undefined || !built) {
  process.stderr.write(
    "\nSKIPPED: the way from the command line to the viewer needs Chromium (CHROMIUM_PATH) and a built page (npm run build).\n\n",
  );
}

describe.skipIf(chromiumPath === undefined || !built)(
  "what the command line writes, the viewer shows",
  () => {
    let folder: string;
    let server: ViewerServer;
    let browser: Browser;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "spikegym-line-"));
      const run = join(folder, "run");
      const replay = join(folder, "episode.mcap");
      const small = ["policy.population=24", "policy.hidden=[16]", "training.evaluationEpisodes=2"];
      const settings = small.flatMap((setting) => ["--set", setting]);
      const train = ["train", "tuned/double-hh", "--steps", "150", "--out", run, ...settings];
      expect(await runSpikegym(train)).toMatchObject({ exitCode: 0 });
      const evaluated = await runSpikegym(["eval", run, "--episodes", "1", "--record", replay]);
      expect(evaluated).toMatchObject({ exitCode: 0 });
      server = await startViewerServer({ paths: [replay], port: 0 });
      browser = await launchChromium();
    });

    afterAll(async () => {
      await browser?.close();
      await server?.close();
      await rm(folder, { recursive: true, force: true });
    });

    test("the page opens the recorded episode, draws it, and scrubs through it", async () => {
      const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(String(error)));
      await page.goto(server.url);
      await page.locator("#title b").waitFor({ state: "attached" });
      expect(await page.locator("#title").textContent()).toContain("24 hh neurons");
      const scene = page.locator("#scene");
      const before = await scene.screenshot();
      // A one-colour PNG of that size is a few kilobytes.
      expect(before.length).toBeGreaterThan(6000);

      const slider = page.getByRole("slider", { name: "Time" });
      const box = (await slider.boundingBox())!;
      await page.mouse.click(box.x + 0.8 * box.width, box.y + box.height / 2);
      const seconds = async () => Number.parseFloat((await page.locator(".time .now").textContent()) ?? "");
      await expect.poll(seconds).toBeGreaterThan(0);
      await expect.poll(async () => (await scene.screenshot()).equals(before)).toBe(false);
      expect(complaints).toEqual([]);
      await page.close();
    });
  },
);
