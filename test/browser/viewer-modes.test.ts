import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { MemorySink } from "../replay-file/random-replay.ts";
import { writeSampleReplay } from "../replay-file/sample-replay.ts";
import { chromiumPath, launchChromium, serveViewer, type ViewerHost } from "./viewer-host.ts";

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

describe.skipIf(chromiumPath === undefined)("comparing, linking, taking away, learning, in Chromium", () => {
  let folder: string;
  let host: ViewerHost;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    const sink = new MemorySink();
    await writeSampleReplay(sink);
    const long = new MemorySink();
    await writeSampleReplay(long, 120);
    folder = await mkdtemp(join(tmpdir(), "spikegym-modes-"));
    host = await serveViewer(
      join(folder, "dist"),
      new Map([
        ["sample.mcap", sink.bytes()],
        ["other.mcap", long.bytes()],
      ]),
    );
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await host?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  beforeEach(async () => {
    // The page's own policy would keep the checker of accessibility out.
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, bypassCSP: true });
    page = await context.newPage();
    complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    return () => context.close();
  });

  const settle = () =>
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  const open = async (address: string) => {
    await page.goto(`${host.url}${address}`);
    await page.locator("#title b").waitFor({ state: "attached" });
    await settle();
  };
  const picture = async (selector: string) => (await page.locator(selector).screenshot()).toString("base64");

  test("a link brings back instant, window, neurons, order, loop and layout", async () => {
    await open("?src=replays/sample.mcap");
    await page.keyboard.press("n");
    await page.keyboard.press("s");
    await page.keyboard.press("[");
    await page.getByRole("button", { name: "Fold network" }).click();
    await page.locator("#split-lower").press("ArrowDown");
    await expect.poll(() => page.url()).toContain("fold%3Anetwork");
    const link = page.url();
    const now = await page.locator(".time .now").textContent();
    const [scene, raster] = [await picture("#scene"), await picture("#raster")];
    const other = await page.context().newPage();
    await page.close();
    page = other;
    await page.goto("about:blank");
    await page.goto(link);
    await page.locator("#title b").waitFor({ state: "attached" });
    await settle();
    expect(await page.locator(".time .now").textContent()).toBe(now);
    expect(await page.locator("#order").inputValue()).toBe("rate");
    expect(await page.locator("#network").isVisible()).toBe(false);
    expect(await page.locator('.loop [aria-pressed="true"]').count()).toBe(1);
    expect(await picture("#scene")).toBe(scene);
    expect(await picture("#raster")).toBe(raster);
  });

  test("a link that nonsense was written into opens all the same", async () => {
    await open(
      "?src=replays/sample.mcap#t=abc&w=9-1&units=1.x.99999.-3&layer=77&sort=%00&loop=NaN-&obs=1e9&layout=scene:NaN,fold:%3Cb%3E&speed=-1",
    );
    expect(Number.parseFloat((await page.locator(".time .now").textContent()) ?? "")).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("a second replay stands beside the first: outlines, curves, rows, and the difference", async () => {
    await open("?src=replays/sample.mcap#t=3");
    const before = [await picture("#scene"), await picture("#raster"), await picture("#strips")];
    await page.keyboard.press("m");
    await page.getByLabel("Replay to put beside this one").selectOption({ label: "other.mcap" });
    await page.locator("#compare li").waitFor();
    await page.keyboard.press("Escape");
    await settle();
    const after = [await picture("#scene"), await picture("#raster"), await picture("#strips")];
    for (const [i, shown] of after.entries()) expect(shown).not.toBe(before[i]);
    expect(page.url()).toContain("with=replays%2Fother.mcap");
    await page.keyboard.press("m");
    await page.getByRole("button", { name: "Remove" }).click();
    await page.keyboard.press("Escape");
    await settle();
    expect(await picture("#strips")).toBe(before[2]);
    expect(complaints).toEqual([]);
  });

  test("picture, film and tables are files with what was on the screen", async () => {
    await open("?src=replays/sample.mcap#t=2.6&units=3.11&w=2.5-3.1");
    const take = async (name: string) => {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name }).click(),
      ]);
      return readFile(await download.path());
    };
    await page.keyboard.press("e");
    const png = await take("Picture (PNG)");
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    // Twice the bench's size, and not one colour.
    expect(png.readUInt32BE(16)).toBe(2560);
    expect(png.length).toBeGreaterThan(50_000);
    const steps = (await take("Steps (CSV)")).toString().trim().split("\r\n");
    expect(steps[0]).toContain("time (s),episode,step,qpos 0");
    expect(steps).toHaveLength(1 + 13);
    const neurons = (await take("Picked neurons (CSV)")).toString().trim().split("\r\n");
    expect(neurons[0]).toBe(
      "time (s),episode,step,tick,unit,spike,V (mV),n,m,h,I_Na (uA/cm2),I_K (uA/cm2),I_L (uA/cm2)",
    );
    expect(neurons[1]!.split(",")[4]).toBe("3");
    const webm = await take("Film (WebM)");
    expect(webm.subarray(0, 4).toString("hex")).toBe("1a45dfa3");
    expect(webm.length).toBeGreaterThan(5000);
    const shown = await page.evaluate(`(async () => {
      const raw = Uint8Array.from(atob("${webm.toString("base64")}"), (c) => c.charCodeAt(0));
      const video = document.createElement("video");
      video.src = URL.createObjectURL(new Blob([raw], { type: "video/webm" }));
      await new Promise((done, failed) => { video.onloadeddata = done; video.onerror = () => failed(video.error); });
      video.currentTime = 0.3;
      await new Promise((done) => { video.onseeked = done; });
      return { seconds: video.duration, width: video.videoWidth, at: video.currentTime };
    })()`);
    // The window's six tenths of a second, by eighteen pictures.
    expect(shown).toMatchObject({ seconds: expect.closeTo(0.6, 2), width: 1280, at: expect.closeTo(0.3, 2) });
    expect(complaints).toEqual([]);
  });

  test("a canvas that the browser took and gave back is drawn again", async () => {
    await open("?src=replays/sample.mcap");
    const shown = await picture("#raster");
    await page.evaluate(`(() => {
      for (const canvas of document.querySelectorAll(".host canvas")) {
        canvas.width = canvas.width;
        canvas.dispatchEvent(new Event("contextrestored"));
      }
    })()`);
    await settle();
    expect(await picture("#raster")).toBe(shown);
  });

  test("the neuron bench runs, answers the pointer's current, and shows the equivalence", async () => {
    await page.goto(`${host.url}#mode=neuron`);
    const readout = page.locator(".bench-controls .note").nth(1);
    await expect.poll(() => readout.textContent(), { timeout: 15_000 }).toMatch(/HH [1-9]\d* Hz/);
    const scope = (await page.locator(".bench-scope canvas").boundingBox())!;
    await page.mouse.move(scope.x + 300, scope.y + 12);
    await page.mouse.down();
    await page.waitForTimeout(1500);
    await page.mouse.up();
    expect(complaints).toEqual([]);
    const words = page.locator(".equivalence .note");
    expect(await words.textContent()).toMatch(/4 and 4 spikes/);
    await page.getByLabel("The second input neuron is driven").check();
    expect(await words.textContent()).toMatch(/1 and 1 spikes/);
    await page.getByLabel("Experiment").selectOption("chain");
    await expect.poll(() => words.textContent()).toMatch(/5 and 5 spikes.* 4\.0 %/);
    await page.getByLabel("Constants").selectOption("fitted");
    await expect.poll(() => words.textContent()).toMatch(/fitted by this project/);
  });

  test.each([
    ["replay, dark", "?src=replays/sample.mcap#t=2", "dark"],
    ["replay, light", "?src=replays/sample.mcap#t=2", "light"],
    ["first page, light", "", "light"],
    ["first page, dark", "", "dark"],
    ["neuron bench, dark", "#mode=neuron", "dark"],
    ["training, light", "#mode=train", "light"],
    ["live, dark", "#mode=live", "dark"],
  ] as const)("axe finds nothing serious: %s", async (_, address, scheme) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(`${host.url}${address}`);
    await page.waitForTimeout(900);
    await page.addScriptTag({ path: axePath });
    const found = await page.evaluate(async () => {
      const { violations } = await (
        window as unknown as { axe: { run(): Promise<{ violations: AxeViolation[] }> } }
      ).axe.run();
      return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
    });
    expect(found).toEqual([]);
  });
});

interface AxeViolation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}
