import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { launchChromium, serveViewer } from "./viewer-host.ts";

/*
 * Makes the documentation's picture of the viewer from a replay file:
 *
 *     npx tsx test/browser/take-picture.ts run.mcap docs/viewer.png [seconds] [dark|light] [1440x900]
 */
const [file, out, at = "0", theme = "dark", size = "1440x900"] = process.argv.slice(2);
if (file === undefined || out === undefined) {
  process.stderr.write("take-picture: expected FILE.mcap OUT.png [seconds] [dark|light] [WIDTHxHEIGHT]\n");
  process.exit(2);
}

async function takePicture(replay: string, picture: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "spikegym-picture-"));
  const name = basename(replay);
  const host = await serveViewer(folder, new Map([[name, new Uint8Array(await readFile(replay))]]));
  const browser = await launchChromium();
  try {
    const [width = 1440, height = 900] = size.split("x").map(Number);
    const page = await browser.newPage({
      viewport: { width, height },
      colorScheme: theme === "light" ? "light" : "dark",
    });
    await page.goto(`${host.url}?src=${encodeURIComponent(`replays/${encodeURIComponent(name)}`)}`);
    await page.locator("#title b").waitFor({ state: "attached" });
    const slider = page.getByRole("slider", { name: "Time" });
    const settle = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))";
    await page.evaluate(settle);
    const box = await slider.boundingBox();
    const duration = Number(await slider.getAttribute("aria-valuemax"));
    const share = Math.min(1, Math.max(0, Number(at) / duration));
    if (box) await page.mouse.click(box.x + 10 + share * (box.width - 20), box.y + box.height / 2);
    await page.mouse.move(0, 0);
    await page.evaluate(settle);
    await page.screenshot({ path: picture });
  } finally {
    await browser.close();
    await host.close();
    await rm(folder, { recursive: true });
  }
}

await takePicture(file, out);
