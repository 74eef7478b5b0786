import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { MemorySink } from "../replay-file/random-replay.ts";
import { writeSampleImages } from "../replay-file/sample-images.ts";
import { writeSampleReplay } from "../replay-file/sample-replay.ts";
import { chromiumPath, launchChromium, serveViewer, type ViewerHost } from "./viewer-host.ts";

if (chromiumPath === undefined) {
  process.stderr.write(
    "\nSKIPPED: the viewer's browser tests found no Chromium. Install it or set CHROMIUM_PATH.\n\n",
  );
}

describe.skipIf(chromiumPath === undefined)("the built viewer in Chromium, under a strict policy", () => {
  let folder: string;
  let host: ViewerHost;
  let browser: Browser;
  let page: Page;
  let sample: Uint8Array;
  /** What the page reported as broken: uncaught errors, console errors, policy violations. */
  let complaints: string[];

  beforeAll(async () => {
    const sink = new MemorySink();
    await writeSampleReplay(sink);
    sample = sink.bytes();
    const images = new MemorySink();
    await writeSampleImages(images);
    folder = await mkdtemp(join(tmpdir(), "spikegym-viewer-"));
    host = await serveViewer(
      join(folder, "dist"),
      new Map([
        ["sample.mcap", sample],
        ["images.mcap", images.bytes()],
        ["cut.mcap", sample.subarray(0, 800_000)],
        ["foreign.mcap", new TextEncoder().encode("not a replay")],
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
    const context = await browser.newContext({
      colorScheme: "dark",
      viewport: { width: 1440, height: 900 },
    });
    page = await context.newPage();
    complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    return () => context.close();
  });

  const open = async (file: string) => {
    await page.goto(`${host.url}?src=replays/${file}`);
    await page.locator("#title b").waitFor({ state: "attached" });
    await settle();
  };
  /** Two frames: what was asked for is drawn. */
  const settle = () =>
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  const seconds = async () => Number.parseFloat((await page.locator(".time .now").textContent()) ?? "");
  /** Screenshots differ exactly when something on them does. */
  const picture = async (selector: string) => (await page.locator(selector).screenshot()).toString("base64");

  test("opens ?src= from a sub-path, and every panel shows something", async () => {
    await open("sample.mcap");
    expect(await page.locator("#welcome").isHidden()).toBe(true);
    expect(await page.locator("#title").textContent()).toContain("InvertedDoublePendulum-v5");
    // A one-colour PNG of that size is a few kilobytes.
    expect((await page.locator("#scene").screenshot()).length).toBeGreaterThan(6000);
    for (const panel of ["network", "traces", "raster", "strips"]) {
      const inked = await page.evaluate(`(() => {
        const canvas = document.querySelector("#${panel} canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let i = 3; i < data.length; i += 4) if (data[i] > 0) count++;
        return count;
      })()`);
      expect(inked, panel).toBeGreaterThan(1000);
    }
    expect(complaints).toEqual([]);
  });

  test("playing moves time and the scene; pausing holds them", async () => {
    await open("sample.mcap");
    const before = await picture("#scene");
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await expect.poll(seconds).toBeGreaterThan(0.3);
    await page.getByRole("button", { name: "Pause" }).click();
    await settle();
    const held = await seconds();
    const after = await picture("#scene");
    expect(after).not.toBe(before);
    await settle();
    expect(await seconds()).toBe(held);
    expect(await picture("#scene")).toBe(after);
  });

  test("dragging the scrubber and clicking the raster seek", async () => {
    await open("sample.mcap");
    const slider = page.getByRole("slider", { name: "Time" });
    const box = (await slider.boundingBox())!;
    await page.mouse.move(box.x + 0.2 * box.width, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.6 * box.width, box.y + 30, { steps: 5 });
    await page.mouse.up();
    await settle();
    const duration = Number(await slider.getAttribute("aria-valuemax"));
    expect((await seconds()) / duration).toBeCloseTo(0.6, 1);
    await page.keyboard.press("f");
    const raster = (await page.locator("#raster canvas").boundingBox())!;
    await page.mouse.click(raster.x + 64 + 0.25 * (raster.width - 76), raster.y + 60);
    await settle();
    expect((await seconds()) / duration).toBeCloseTo(0.25, 1);
  });

  test("hovering one panel marks the same instant in the others", async () => {
    await open("sample.mcap");
    const strips = (await page.locator("#strips canvas").boundingBox())!;
    await page.mouse.move(strips.x + 500, strips.y + 30);
    await settle();
    expect(await page.locator(".time").textContent()).toContain("pointer");
    for (const panel of ["#raster", "#strips", ".scrubber"]) {
      expect(await page.locator(`${panel} .hover-line`).isVisible(), panel).toBe(true);
    }
    const lines = await Promise.all(
      ["#raster", "#strips"].map((panel) => page.locator(`${panel} .hover-line`).boundingBox()),
    );
    expect(lines[0]!.x).toBeCloseTo(lines[1]!.x, 0);
  });

  test("the keyboard does everything: step, tick, event, loop, speed, sort, theme, help", async () => {
    await open("sample.mcap");
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
      await settle();
    };
    await press("ArrowRight", "ArrowRight");
    expect(await seconds()).toBeCloseTo(0.1, 3);
    await press("Shift+ArrowRight");
    expect(await seconds()).toBeCloseTo(0.102, 3);
    expect(await page.locator(".time").textContent()).toContain("tick 2/25");
    await press(",", "ArrowLeft");
    expect(await seconds()).toBeCloseTo(0.05, 3);
    await press("n");
    expect(await seconds()).toBeCloseTo(2.5, 3);
    expect(await page.locator(".event-label").textContent()).toContain("push on the cart");
    await press("[", "ArrowRight", "ArrowRight", "]");
    expect(await page.locator('.loop [aria-pressed="true"]').count()).toBe(2);
    await press(" ");
    for (let i = 0; i < 10; i++) {
      await settle();
      expect(await seconds()).toBeLessThanOrEqual(2.6);
      expect(await seconds()).toBeGreaterThanOrEqual(2.5);
    }
    await press(" ", "\\", "ArrowUp", "s");
    expect(await page.getByLabel("Speed").inputValue()).toBe("2");
    expect(await page.locator("#order").inputValue()).toBe("rate");
    await press("t");
    expect(await page.evaluate("document.documentElement.dataset.theme")).toBe("light");
    await press("End");
    expect(await seconds()).toBeGreaterThan(9);
    await press("?");
    expect(await page.locator("#help").isVisible()).toBe(true);
    await press("Escape");
    expect(await page.locator("#help").isVisible()).toBe(false);
    await press("i");
    expect(await page.locator("#about").textContent()).toContain("do not steer");
    expect(complaints).toEqual([]);
  });

  test("a control used by pointer gives the keys back", async () => {
    await open("sample.mcap");
    await page.getByRole("button", { name: "Dark or light" }).click();
    await page.locator("#order").click();
    await page.locator("#order").selectOption("rate");
    await page.keyboard.press(" ");
    await expect.poll(seconds).toBeGreaterThan(0.1);
    expect(await page.evaluate("document.documentElement.dataset.theme")).toBe("light");
  });

  test("sorting and picking change the raster and the traces", async () => {
    await open("sample.mcap");
    const raster = await picture("#raster");
    await page.locator("#order").selectOption("first spike");
    await settle();
    expect(await picture("#raster")).not.toBe(raster);
    const traces = await picture("#traces");
    await page
      .locator("#network canvas")
      .last()
      .click({ position: { x: 300, y: 60 } });
    await settle();
    expect(await picture("#traces")).not.toBe(traces);
    expect(await page.locator("#network-note").textContent()).toMatch(/[13] picked/);
  });

  test("a dropped file opens; without one the page says what to do", async () => {
    await page.goto(host.url);
    expect(await page.locator("#welcome").textContent()).toContain("Drop a replay file");
    expect(await page.locator("#transport").isVisible()).toBe(false);
    await page.evaluate(`(async () => {
      const blob = await (await fetch("replays/sample.mcap")).blob();
      const data = new DataTransfer();
      data.items.add(new File([blob], "dropped.mcap"));
      dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
    })()`);
    await page.locator("#title b").waitFor({ state: "attached" });
    expect(await page.locator("#title b").textContent()).toBe("dropped.mcap");
    expect(await page.locator("#welcome").isHidden()).toBe(true);
  });

  test("the replays a server lists can be chosen, and the address follows", async () => {
    await open("sample.mcap");
    await page.locator("#replays").selectOption({ label: "cut.mcap (0.8 MB)" });
    await expect.poll(() => page.locator("#title b").textContent()).toBe("cut.mcap");
    expect(page.url()).toContain("cut.mcap");
    await page.goto(host.url);
    const card = page.getByRole("button", { name: "sample.mcap" });
    expect(await card.textContent()).toContain(`${(sample.length / 1e6).toFixed(1)} MB`);
    await card.click();
    await expect.poll(() => page.locator("#title b").textContent()).toBe("sample.mcap");
    expect(complaints).toEqual([]);
  });

  test("the file picker opens a file", async () => {
    await page.goto(host.url);
    const [chooser] = await Promise.all([
      page.waitForEvent("filechooser"),
      page.getByRole("button", { name: "Choose a file" }).click(),
    ]);
    await chooser.setFiles({ name: "chosen.mcap", mimeType: "", buffer: Buffer.from(sample) });
    await page.locator("#title b").waitFor({ state: "attached" });
    expect(await page.locator("#title b").textContent()).toBe("chosen.mcap");
  });

  test("a bad file is an error in words that leaves what was shown", async () => {
    await open("sample.mcap");
    const title = await page.locator("#title").textContent();
    await page.evaluate(`(() => {
      const data = new DataTransfer();
      data.items.add(new File(["<b>nothing</b>"], "<i>bad</i>.mcap"));
      dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
    })()`);
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toContain("<i>bad</i>.mcap is not an MCAP file");
    expect(await page.locator("#title").textContent()).toBe(title);
    await page.getByRole("button", { name: "Dismiss" }).click();
    expect(await alert.isVisible()).toBe(false);
    await page.goto(`${host.url}?src=replays/missing.mcap`);
    await alert.waitFor();
    expect(await alert.textContent()).toContain("404");
    await page.goto(`${host.url}?src=replays/foreign.mcap`);
    await alert.waitFor();
    expect(await alert.textContent()).toContain("not an MCAP file");
  });

  test("a classifier's file shows its picture, its answers and the receptive field of a neuron", async () => {
    await open("images.mcap");
    const [first, network] = [await picture("#scene"), await picture("#network")];
    expect(await page.locator(".readout").textContent()).toBe("image 0: disc, left");
    expect(await page.locator("#network-note").textContent()).toContain("96 lif");
    await page.keyboard.press("PageDown");
    await settle();
    expect(await page.locator(".readout").textContent()).toBe("image 1: ring, right");
    expect(await picture("#scene")).not.toBe(first);
    await page.keyboard.press("PageUp");
    await settle();
    expect(await picture("#scene")).toBe(first);
    const raster = (await page.locator("#raster canvas").boundingBox())!;
    await page.mouse.move(raster.x + 300, raster.y + 40);
    await settle();
    expect(await picture("#network")).not.toBe(network);
    expect(complaints).toEqual([]);
  });

  test("a file whose writer died opens as far as it goes, and says so", async () => {
    await open("cut.mcap");
    expect(await page.getByRole("status").textContent()).toContain("ends early");
    expect((await page.locator("#scene").screenshot()).length).toBeGreaterThan(6000);
  });

  test("on a phone: scene above, one tabbed panel, transport at the foot, nothing sticks out", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open("sample.mcap");
    const box = async (selector: string) => (await page.locator(selector).boundingBox())!;
    const scene = await box("#scene-panel");
    const network = await box("#network-panel");
    expect(network.y).toBeGreaterThan(scene.y + scene.height);
    expect(await page.locator("#raster-panel").isVisible()).toBe(false);
    await page.getByRole("tab", { name: "Spikes" }).click();
    await settle();
    expect(await page.locator("#raster-panel").isVisible()).toBe(true);
    expect(await page.locator("#network-panel").isVisible()).toBe(false);
    const play = await box(".play");
    expect(play.y).toBeGreaterThan(700);
    expect(play.y + play.height).toBeLessThanOrEqual(844);
    const outside = await page.evaluate(`[...document.querySelectorAll("button, select, canvas")]
      .filter((e) => e.getClientRects().length > 0 && e.getBoundingClientRect().right > innerWidth + 0.5)
      .map((e) => e.id || e.className || e.ariaLabel)`);
    expect(outside).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("every control has a name, and panels fold and come back", async () => {
    await open("sample.mcap");
    const nameless = await page.evaluate(`[...document.querySelectorAll("button, select, [role=slider], hr")]
      .filter((e) => !(e.ariaLabel || e.textContent.trim() || e.labels?.length))
      .map((e) => e.outerHTML)`);
    expect(nameless).toEqual([]);
    await page.getByRole("button", { name: "Fold network" }).click();
    await settle();
    expect(await page.locator("#network").isVisible()).toBe(false);
    await page.keyboard.press("0");
    await settle();
    expect(await page.locator("#network").isVisible()).toBe(true);
  });
});
