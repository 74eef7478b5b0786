import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { startViewerServer } from "../cli/viewer-server.ts";
import { launchChromium } from "../test/browser/viewer-host.ts";
import { packageRoot } from "../training/package-root.ts";
import { writeReplay } from "./viewer-replays.ts";

/*
 * What docs/viewer.md promises, measured in Chromium at 1280 x 800 with drawing in software:
 *
 *     npm run build:viewer && node --import tsx bench/viewer.ts [--train] [--large] [--memory MINUTES] [--write]
 *
 * Parts: weight, replay (first frames, scrubbing), large (a file of 500 MB), live, train (solves
 * tuned/double-hh-published, seed 0, in a tab), memory (plays for MINUTES and watches the heap). --only weight,replay:
 * these alone. --policy RUN: a run for the live part (else each of the page's own policies of 128 HH neurons).
 * --write: put the figures into docs/viewer.md; `npm run format` then. A part that fails says so, the others go on, and
 * the exit code is 1.
 */

const argument = (name: string) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : (process.argv[at + 1] ?? "");
};
const has = (flag: string) => process.argv.includes(flag);

const asked = argument("--only")?.split(",") ?? [
  "weight",
  "replay",
  ...(has("--large") ? ["large"] : []),
  "live",
  ...(has("--train") ? ["train"] : []),
  ...(has("--memory") ? ["memory"] : []),
];
const minutes = Number(argument("--memory") ?? 10);

const lines: (readonly [name: string, bar: string, value: string])[] = [];

/** @param bar what has to be reached */
function print(name: string, bar: string, value: string): void {
  lines.push([name, bar, value]);
  console.log(`${name.padEnd(30)} ${bar.padEnd(28)} ${value}`);
}

const folder = await mkdtemp(join(tmpdir(), "spikegym-bench-"));
const ten = join(folder, "ten.mcap");
const wide = join(folder, "wide.mcap");
const large = join(folder, "large.mcap");
const browser = await launchChromium();
let base = "";

async function open(address: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(`${base}${address}`);
  return page;
}

/** From the request to the first frame with a replay in it, s. */
async function firstFrame(page: Page): Promise<number> {
  const ms = (await page.evaluate(`new Promise((done) => {
    const look = () => document.querySelector("#title b") ? requestAnimationFrame(() => done(performance.now())) : requestAnimationFrame(look);
    look();
  })`)) as number;
  return ms / 1000;
}

/** The median of so many visits, each with a cache of its own. */
async function firstFrameOf(file: string, visits: number): Promise<string> {
  const seconds: number[] = [];
  for (let visit = 0; visit < visits; visit++) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    await page.goto(`${base}?src=replays/${file}`);
    seconds.push(await firstFrame(page));
    await context.close();
  }
  seconds.sort((a, b) => a - b);
  return `${seconds[visits >> 1]!.toFixed(2)} s (${seconds[0]!.toFixed(2)} to ${seconds.at(-1)!.toFixed(2)}, ${visits} visits)`;
}

/** The instants of 600 frames while the slider or the spikes are dragged to and fro, as a person would: not all at once. */
async function drag(page: Page, what: "slider" | "spikes"): Promise<string> {
  const { fps, longest, gaps, slow } = (await page.evaluate(`(async () => {
    const host = document.querySelector(${what === "slider" ? '".scrubber"' : '"#raster canvas"'});
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
    return {
      fps: 1000 * apart.length / total,
      longest: Math.max(...apart),
      gaps: apart.filter((g) => g > 100).length,
      slow: apart.sort((a, b) => a - b)[Math.floor(0.99 * apart.length)],
    };
  })()`)) as { fps: number; longest: number; gaps: number; slow: number };
  return `${fps.toFixed(1)} frames/s; 99 % within ${slow.toFixed(0)} ms, longest ${longest.toFixed(0)} ms, ${gaps} over 100 ms`;
}

const scrubBar = "50 frames/s, one gap > 100 ms";

const parts: Record<string, () => Promise<void>> = {
  async weight() {
    const assets = join(packageRoot(), "viewer", "dist", "assets");
    let [first, all] = [0, 0];
    for (const name of await readdir(assets)) {
      const size = gzipSync(await readFile(join(assets, name)), { level: 9 }).length;
      all += size;
      if (/^index-/.test(name)) first += size;
    }
    const text = `${(first / 1e3).toFixed(0)} kB to replay, ${(all / 1e6).toFixed(2)} MB with all modes (gzip)`;
    print("page weight", "1.5 MB", text);
  },

  async replay() {
    for (const [file, visits] of [
      [ten, 5],
      [wide, 3],
    ] as const) {
      const name = file.split("/").at(-1)!;
      const size = ((await stat(file)).size / 1e6).toFixed(0);
      const what = file === ten ? "10 episodes" : "512 x 15,000 ticks";
      print(`first frame, ${what}, ${size} MB`, "1 s", await firstFrameOf(name, visits));
      const page = await open(`?src=replays/${name}`);
      await firstFrame(page);
      // The rest of the file is read between the frames.
      await page.waitForTimeout(file === ten ? 8000 : 1000);
      if (file === ten) print("scrubbing, 128 neurons", scrubBar, await drag(page, "slider"));
      else {
        await page.keyboard.press("f");
        print("scrubbing, 512 x 15,000 ticks", "60 frames/s", await drag(page, "slider"));
        await page.keyboard.press("+");
        print("panning, 512 x 15,000 ticks", "60 frames/s", await drag(page, "spikes"));
      }
      await page.close();
    }
  },

  async large() {
    await writeReplay(large, { episodes: 110, steps: 1000, units: 128, ticks: 15 });
    const size = ((await stat(large)).size / 1e6).toFixed(0);
    print(`first frame, ${size} MB`, "at once", await firstFrameOf("large.mcap", 3));
  },

  async live() {
    const page = await open("#mode=live");
    const agent = page.getByLabel("Agent");
    await page.locator("#title b").waitFor({ state: "attached", timeout: 60_000 });
    const names = await agent.locator("option").allTextContents();
    const chosen =
      argument("--policy") === undefined ? names.filter((name) => /hh/.test(name)) : names.slice(0, 1);
    for (const name of chosen) {
      await agent.selectOption({ label: name });
      await page.waitForTimeout(4000);
      let [worst, behind] = [0, 0];
      for (let second = 0; second < 8; second++) {
        await page.waitForTimeout(1000);
        const note = (await page.locator("#scene-note").textContent()) ?? "";
        worst = Math.max(worst, Number(/([\d.]+) % of real time/.exec(note)?.[1] ?? Number.NaN));
        if (note.includes("behind")) behind++;
      }
      const kept = behind === 0 ? "never behind" : `behind in ${behind} of 8 s`;
      print(`live, ${name}`, "95 % of real time", `at most ${worst} % of real time a step, ${kept}`);
    }
    await page.close();
  },

  async train() {
    const page = await open("#mode=train");
    const control = page.locator("#control");
    await control.getByRole("button", { name: "Train", exact: true }).click();
    const status = control.getByRole("status");
    let said = "";
    // The page's own policy forbids the waiting that evaluates strings.
    for (const end = Date.now() + 1_800_000; Date.now() < end && !said.includes("Solved"); ) {
      await page.waitForTimeout(500);
      said = (await status.textContent()) ?? "";
      const alert = page.locator("#alert");
      if (await alert.isVisible()) throw new Error((await alert.textContent()) ?? "the training failed");
    }
    print("training in the page", "solved in 2 min", said);
    await page.close();
  },

  async memory() {
    const page = await open("?src=replays/wide.mcap#loop=0-45");
    await firstFrame(page);
    const session = await page.context().newCDPSession(page);
    const heap = async () => {
      await session.send("HeapProfiler.collectGarbage");
      const { usedSize } = await session.send("Runtime.getHeapUsage");
      return usedSize / 1e6;
    };
    await page.keyboard.press(" ");
    await page.waitForTimeout(30_000);
    const after = [await heap()];
    for (let minute = 0; minute < minutes; minute++) {
      await page.waitForTimeout(60_000);
      after.push(await heap());
    }
    const text = `${after[0]!.toFixed(1)} MB after 30 s, ${Math.max(...after).toFixed(1)} MB at most, ${after.at(-1)!.toFixed(1)} MB at the end`;
    print(`heap over ${minutes} min of play`, "flat", text);
    await page.close();
  },
};

/** Puts the figures into the page of documentation, between its marks. */
async function publish(loads: readonly number[]): Promise<void> {
  const path = join(packageRoot(), "docs", "viewer.md");
  const text = await readFile(path, "utf8");
  const load = loads.map((value) => value.toFixed(1)).join(" before and ");
  const table = [
    `${cpus().length} processors; load ${load} after, the browser's own work included:`,
    "",
    "| what | to reach | measured |",
    "| ---- | -------- | -------- |",
    ...lines.map((line) => `| ${line.join(" | ")} |`),
  ].join("\n");
  const marked = /<!-- measured -->[\s\S]*<!-- \/measured -->/;
  if (!marked.test(text)) throw new Error(`${path} has no place for the figures`);
  await writeFile(path, text.replace(marked, `<!-- measured -->\n\n${table}\n\n<!-- /measured -->`));
}

const unknown = asked.filter((part) => !(part in parts));
if (unknown.length > 0)
  throw new Error(`no part ${unknown.join(", ")}; there are ${Object.keys(parts).join(", ")}`);
const loadBefore = loadavg()[0]!;
try {
  await writeReplay(ten, { episodes: 10, steps: 1000, units: 128, ticks: 15 });
  await writeReplay(wide, { episodes: 1, steps: 1000, units: 512, ticks: 15 });
  const policy = argument("--policy");
  const server = await startViewerServer({ paths: [folder, ...(policy ? [policy] : [])], port: 0 });
  base = server.url.split("?")[0]!;
  try {
    for (const part of asked) {
      try {
        await parts[part]!();
      } catch (error) {
        print(part, "", `failed: ${String(error).split("\n", 1)[0]}`);
        process.exitCode = 1;
      }
    }
  } finally {
    await server.close();
  }
} finally {
  await browser.close();
  await rm(folder, { recursive: true });
}
if (has("--write")) await publish([loadBefore, loadavg()[0]!]);
