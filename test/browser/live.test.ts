import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { loadReplay } from "../../core/replay-file/load-replay.ts";
import { Rng } from "../../core/rng.ts";
import { useKernels } from "../../kernels/load.ts";
import { assembleAgent, assembleEnvironment } from "../../training/assemble.ts";
import { parseRunConfig } from "../../training/config.ts";
import { loadPolicy } from "../../training/policy.ts";
import { encodePolicy } from "../../training/policy-file.ts";
import { chromiumPath, launchChromium, serveViewer, type ViewerHost } from "./viewer-host.ts";

const config = parseRunConfig({
  preset: "none",
  seed: 3,
  environment: { id: "InvertedDoublePendulum-v5" },
  algorithm: { id: "sac" },
  policy: { neuron: { id: "hh" }, encoder: { id: "latest-window" }, population: 128, hidden: [16] },
  training: {},
});

/** An untrained policy: it falls soon, which is all these tests need. */
async function makePolicy(): Promise<Uint8Array> {
  await useKernels();
  const env = assembleEnvironment(config);
  const agent = assembleAgent(config, env, new Rng(3).split("agent"));
  const pieces = encodePolicy({ config, learner: agent.snapshot(), facts: {} });
  env.close();
  return new Uint8Array(Buffer.concat(pieces));
}

describe.skipIf(chromiumPath === undefined)("live and training in Chromium, under a strict policy", () => {
  let folder: string;
  let host: ViewerHost;
  let browser: Browser;
  let page: Page;
  let policy: Uint8Array;
  let complaints: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "spikegym-live-"));
    policy = await makePolicy();
    host = await serveViewer(join(folder, "dist"), new Map(), new Map([["untrained", policy]]));
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await host?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  beforeEach(async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    page = await context.newPage();
    complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    return () => context.close();
  });

  const seconds = async () => Number.parseFloat((await page.locator(".time .now").textContent()) ?? "");
  const slide = (name: string, value: number) =>
    page.getByLabel(name).evaluate((input, to) => {
      (input as HTMLInputElement).value = String(to);
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }, value);

  test("a served policy lives: time runs, pushes and sliders act, a recording is a replay file", async () => {
    await page.goto(`${host.url}#mode=live`);
    await expect.poll(seconds, { timeout: 15_000 }).toBeGreaterThan(0.2);
    expect(await page.locator("#title").textContent()).toContain("128 hh neurons");
    const control = page.locator("#control");
    await control.getByRole("button", { name: "Record" }).click();
    await control.getByRole("button", { name: "Push \u2192" }).click();
    await slide("Mass of the cart", 30);
    await slide("Neurons cut off", 50);
    // Hold the cart and drag it.
    const scene = (await page.locator("#scene canvas").last().boundingBox())!;
    await page.mouse.move(scene.x + scene.width / 2, scene.y + scene.height / 2);
    await page.mouse.down();
    await page.mouse.move(scene.x + 0.6 * scene.width, scene.y + scene.height / 2, { steps: 4 });
    const now = await seconds();
    await expect.poll(seconds).toBeGreaterThan(now + 0.3);
    await page.mouse.up();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      control.getByRole("button", { name: "Stop and save" }).click(),
    ]);
    const replay = await loadReplay(await readFile(await download.path()), "live.mcap");
    expect(replay.frames.count).toBeGreaterThan(5);
    expect(replay.events.map(({ label }) => label)).toContain("push on the cart");
    expect(replay.layers[0]!.layer.units).toBe(128);
    // Paused, the world stands still.
    await page.keyboard.press(" ");
    const held = await seconds();
    await page.waitForTimeout(300);
    expect(await seconds()).toBe(held);
    expect(complaints).toEqual([]);
  });

  test("a policy file that is dropped takes over; one that is none is refused in words", async () => {
    await page.goto(host.url);
    const drop = (name: string, bytes: Uint8Array) =>
      page.evaluate(
        ([fileName, base64]) => {
          const raw = Uint8Array.from(atob(base64!), (c) => c.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([raw], fileName!));
          dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
        },
        [name, Buffer.from(bytes).toString("base64")],
      );
    await drop("mine.safetensors", policy);
    await expect.poll(seconds, { timeout: 15_000 }).toBeGreaterThan(0.1);
    expect(await page.locator("#title b").textContent()).toBe("mine.safetensors");
    await drop("bad.safetensors", policy.subarray(0, 1000));
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toContain("bad.safetensors is cut off");
  });

  test("training runs in the page, stops, goes on, and saves a policy that the command line takes", async () => {
    await page.goto(`${host.url}#mode=train`);
    const control = page.locator("#control");
    await page.getByLabel("Seed").fill("4");
    await control.getByRole("button", { name: "Train", exact: true }).click();
    const status = control.getByRole("status");
    const step = async () => Number(/Step (\d+)/.exec((await status.textContent()) ?? "")?.[1] ?? 0);
    await expect.poll(step, { timeout: 20_000 }).toBeGreaterThan(100);
    // The policy of the moment balances beside it.
    await expect.poll(seconds, { timeout: 10_000 }).toBeGreaterThan(0.1);
    await control.getByRole("button", { name: "Stop" }).click();
    await page.waitForTimeout(200);
    const stopped = await step();
    await page.waitForTimeout(300);
    expect(await step()).toBe(stopped);
    await control.getByRole("button", { name: "Go on" }).click();
    await expect.poll(step).toBeGreaterThan(stopped);
    expect(await page.locator("#curve canvas").count()).toBe(1);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      control.getByRole("button", { name: "Save it as it is" }).click(),
    ]);
    const saved = join(folder, "saved.safetensors");
    await writeFile(saved, await readFile(await download.path()));
    const loaded = await loadPolicy(saved);
    expect(loaded.config).toMatchObject({ preset: "tuned/double-hh-published", seed: 4 });
    loaded.agent.dispose();
    expect(complaints).toEqual([]);
  });
});
