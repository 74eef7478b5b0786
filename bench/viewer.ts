import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { startViewerServer } from "../cli/viewer-server.ts";
import type { ReplayHeader } from "../core/replay-file/header.ts";
import { ReplayWriter } from "../core/replay-file/writer.ts";
import { Rng } from "../core/rng.ts";
import { launchChromium } from "../test/browser/viewer-host.ts";
import { packageRoot } from "../training/package-root.ts";
import { ReplayFileSink } from "../training/replay-file-sink.ts";

/*
 * What docs/viewer.md promises, measured in Chromium at 1280 x 800 with drawing in software:
 *
 *     npm run build:viewer && node --import tsx bench/viewer.ts [--train] [--large] [--memory MINUTES] [--policy RUN] [--write]
 *
 * --train: also solve tuned/double-hh-published, seed 0, in a tab. --memory: also play for that long and watch the heap. --large: also open a file of 500 MB. --policy: a run with 128
 * hh neurons for the live part (else the newest of the page's own policies). --write: put the figures into docs/viewer.md; `npm run format` then.
 */

const argument = (name: string) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : (process.argv[at + 1] ?? "");
};

interface Shape {
  readonly episodes: number;
  readonly steps: number;
  readonly units: number;
  readonly ticks: number;
}

/** A recording of random numbers in the shape of a double pendulum's. */
async function writeReplay(path: string, { episodes, steps, units, ticks }: Shape): Promise<void> {
  const rng = new Rng("bench");
  const traced = Array.from({ length: 16 }, (_, i) => i * 3);
  const rod = { kind: "rod" as const, lengthM: 0.6, radiusM: 0.045 };
  const header: ReplayHeader = {
    env: "InvertedDoublePendulum-v5",
    engine: "none",
    stepSeconds: 0.05,
    scene: {
      bodies: [
        { id: "cart", role: "cart", shape: { kind: "box", widthM: 0.3, heightM: 0.15 } },
        { id: "pole1", role: "pole", shape: rod },
        { id: "pole2", role: "pole", shape: rod },
      ],
      view: { xMin: -1.4, xMax: 1.4, yMin: -0.35, yMax: 1.45 },
      rail: { y: 0, xMin: -1, xMax: 1 },
      forceOn: 0,
    },
    observationLabels: Array.from({ length: 9 }, (_, i) => `observation ${i}`),
    actionLabels: ["force"],
    seed: null,
    agent: "random numbers for a benchmark",
    preset: null,
    versions: {},
    layers: [
      {
        id: "population",
        neuron: "none",
        units,
        ticks,
        tickMs: null,
        threshold: 0,
        variables: [
          { name: "V", unit: "mV", role: "membrane" },
          ...["n", "m", "h"].map((name) => ({ name, unit: "1", role: "gate" as const })),
        ],
        tracedNeurons: traced,
        sensitivity: Array.from({ length: units }, () => rng.normal()),
      },
    ],
    notes: [],
  };
  const writer = await ReplayWriter.open(await ReplayFileSink.open(path), header);
  const traces = new Float32Array(ticks * traced.length * 4);
  const spikes = new Uint8Array(ticks * units);
  for (let episode = 0; episode < episodes; episode++) {
    await writer.beginEpisode(`seed ${episode}`);
    const state = (i: number) => {
      const [x, a, b] = [0.3 * Math.sin(i / 17), 0.1 * Math.sin(i / 7), 0.12 * Math.cos(i / 9)];
      const hinge = [x + 0.6 * Math.sin(a), 0.6 * Math.cos(a)];
      return {
        poses: [x, 0, 0, x, 0, a, hinge[0]!, hinge[1]!, b],
        qpos: [x, a, b - a],
        qvel: [0, 0, 0],
        observation: Array.from({ length: 9 }, (_, k) => Math.sin(i / (k + 3))),
      };
    };
    for (let i = 0; i < steps; i++) {
      for (let k = 0; k < spikes.length; k++) spikes[k] = (i * 7 + k * 13 + ((k * i) >> 3)) % 5 === 0 ? 1 : 0;
      for (let k = 0; k < traces.length; k++) traces[k] = Math.sin((i * 15 + k) / 40);
      await writer.step({
        ...state(i),
        action: [Math.sin(i / 5)],
        forceN: 100 * Math.sin(i / 5),
        reward: 9 + Math.sin(i / 30),
        terminated: false,
        truncated: i === steps - 1,
        value: 10,
        layers: { population: { spikes, traces } },
      });
    }
    await writer.endEpisode(state(steps));
  }
  await writer.close();
}

/** The instants of frames while the slider is dragged to and fro over the file, ms. */
async function scrub(page: Page, drag: "slider" | "spikes"): Promise<string> {
  const { fps, longest, gaps } = (await page.evaluate(`(async () => {
    const host = document.querySelector(${drag === "slider" ? '".scrubber"' : '"#raster canvas"'});
    const box = host.getBoundingClientRect();
    const send = (type, x) => host.dispatchEvent(new PointerEvent(type, {
      pointerId: 1, button: 0, buttons: 1, clientX: x, clientY: box.top + 20, bubbles: true }));
    host.setPointerCapture = () => {};
    host.hasPointerCapture = () => true;
    const frames = [];
    send("pointerdown", box.left + box.width / 2);
    await new Promise((done) => {
      const tick = (now) => {
        frames.push(now);
        const share = 0.5 - 0.5 * Math.cos(frames.length / 40);
        send("pointermove", box.left + 130 + share * (box.width - 200));
        if (frames.length < 600) requestAnimationFrame(tick);
        else done();
      };
      requestAnimationFrame(tick);
    });
    send("pointerup", box.left + box.width / 2);
    const apart = frames.slice(1).map((t, i) => t - frames[i]);
    const total = apart.reduce((a, b) => a + b);
    return { fps: 1000 * apart.length / total, longest: Math.max(...apart), gaps: apart.filter((g) => g > 100).length };
  })()`)) as { fps: number; longest: number; gaps: number };
  return `${fps.toFixed(1)} frames/s, longest gap ${longest.toFixed(0)} ms, ${gaps} over 100 ms`;
}

async function pageWeight(): Promise<string> {
  const assets = join(packageRoot(), "viewer", "dist", "assets");
  let [first, all] = [0, 0];
  for (const name of await readdir(assets)) {
    const size = gzipSync(await readFile(join(assets, name)), { level: 9 }).length;
    all += size;
    if (/^index-/.test(name)) first += size;
  }
  return `${(first / 1e3).toFixed(0)} kB to replay, ${(all / 1e6).toFixed(2)} MB with all modes (gzip)`;
}

const lines: (readonly [name: string, value: string])[] = [];

function print(name: string, value: string): void {
  lines.push([name, value]);
  console.log(`${name.padEnd(34)} ${value}`);
}

/** Puts the figures into the page of documentation, between its marks. */
async function publish(): Promise<void> {
  const path = join(packageRoot(), "docs", "viewer.md");
  const text = await readFile(path, "utf8");
  const load = loadavg()[0]!.toFixed(1);
  const table = [
    `${cpus().length} processors, load ${load} (other work on the machine included):`,
    "",
    "| what | measured |",
    "| ---- | -------- |",
    ...lines.map(([name, value]) => `| ${name} | ${value} |`),
  ].join("\n");
  const marked = /<!-- measured -->[\s\S]*<!-- \/measured -->/;
  if (!marked.test(text)) throw new Error(`${path} has no place for the figures`);
  await writeFile(path, text.replace(marked, `<!-- measured -->\n\n${table}\n\n<!-- /measured -->`));
}

const folder = await mkdtemp(join(tmpdir(), "spikegym-bench-"));
const browser = await launchChromium();
const open = async (address: string) => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(address);
  return page;
};
/** From the request to the first frame with a replay in it, ms. */
const firstFrame = (page: Page) =>
  page.evaluate(`new Promise((done) => {
    const look = () => document.querySelector("#title b") ? requestAnimationFrame(() => done(performance.now())) : requestAnimationFrame(look);
    look();
  })`) as Promise<number>;
try {
  print("page weight", await pageWeight());
  const ten = join(folder, "ten.mcap");
  await writeReplay(ten, { episodes: 10, steps: 1000, units: 128, ticks: 15 });
  const wide = join(folder, "wide.mcap");
  await writeReplay(wide, { episodes: 1, steps: 1000, units: 512, ticks: 15 });
  const files = [ten, wide];
  if (process.argv.includes("--large")) {
    const large = join(folder, "large.mcap");
    await writeReplay(large, { episodes: 110, steps: 1000, units: 128, ticks: 15 });
    files.push(large);
  }
  const policy = argument("--policy");
  const server = await startViewerServer({ paths: [...files, ...(policy ? [policy] : [])], port: 0 });
  const base = server.url.split("?")[0]!;
  try {
    for (const file of files) {
      const name = file.split("/").at(-1)!;
      const page = await open(`${base}?src=replays/${name}`);
      const size = ((await stat(file)).size / 1e6).toFixed(0);
      print(`first frame, ${size} MB`, `${((await firstFrame(page)) / 1000).toFixed(2)} s`);
      // The rest of the file is read between the frames.
      await page.waitForTimeout(file === ten ? 8000 : 500);
      if (file === ten) print("scrubbing, 128 neurons", await scrub(page, "slider"));
      if (file === wide) {
        await page.keyboard.press("f");
        print("scrubbing, 512 x 15,000 ticks", await scrub(page, "slider"));
        await page.keyboard.press("+");
        print("panning, 512 x 15,000 ticks", await scrub(page, "spikes"));
      }
      await page.close();
    }
    const live = await open(`${base}#mode=live`);
    await live.waitForTimeout(6000);
    print(
      "live",
      `${await live.locator("#title").textContent()}: ${await live.locator("#scene-note").textContent()}`,
    );
    await live.close();
    if (process.argv.includes("--train")) {
      const training = await open(`${base}#mode=train`);
      const control = training.locator("#control");
      await control.getByRole("button", { name: "Train", exact: true }).click();
      const status = control.getByRole("status");
      const until = "document.querySelector('#control [role=status]').textContent.includes('Solved')";
      await training.waitForFunction(until, undefined, { timeout: 900_000 });
      print("training in the page", `${await status.textContent()}`);
      await training.close();
    }
    const minutes = Number(argument("--memory") ?? 0);
    if (minutes > 0) {
      const page = await open(`${base}?src=replays/wide.mcap#loop=0-45`);
      await firstFrame(page);
      const session = await page.context().newCDPSession(page);
      const heap = async () => {
        await session.send("HeapProfiler.collectGarbage");
        const { usedSize } = await session.send("Runtime.getHeapUsage");
        return `${(usedSize / 1e6).toFixed(1)} MB`;
      };
      await page.keyboard.press(" ");
      await page.waitForTimeout(30_000);
      const before = await heap();
      await page.waitForTimeout(60_000 * minutes);
      print(`heap over ${minutes} min of play`, `${before} after 30 s, ${await heap()} at the end`);
    }
  } finally {
    await server.close();
  }
} finally {
  await browser.close();
  await rm(folder, { recursive: true });
}
if (process.argv.includes("--write")) await publish();
