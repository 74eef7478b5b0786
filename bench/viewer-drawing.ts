import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { launchChromium } from "../test/browser/viewer-host.ts";
import { packageRoot } from "../training/package-root.ts";

/*
 * The same picture of twelve moving shapes and 512 lit discs drawn by Pixi (WebGL) and on a 2D canvas, in Chromium with
 * drawing in software: what docs/decisions/viewer-drawing.md rests on.
 *
 *     node --import tsx bench/viewer-drawing.ts
 */

const page = `<!doctype html><meta charset="utf-8"><canvas id="c" width="740" height="340"></canvas>
<script type="module">
const shapes = 12, discs = 512, frames = 240;
const place = (k, f) => [370 + 300 * Math.sin(k + f / 30), 170 + 140 * Math.cos(1.7 * k + f / 40)];
const run = async (draw) => {
  const times = [];
  let busy = 0;
  await new Promise((done) => {
    const tick = (now) => {
      times.push(now);
      const start = performance.now();
      draw(times.length);
      busy += performance.now() - start;
      times.length < frames ? requestAnimationFrame(tick) : done();
    };
    requestAnimationFrame(tick);
  });
  return { fps: 1000 * (times.length - 1) / (times.at(-1) - times[0]), ms: busy / frames };
};
window.canvas2d = async () => {
  const context = document.getElementById("c").getContext("2d");
  const sprite = document.createElement("canvas");
  sprite.width = sprite.height = 12;
  const own = sprite.getContext("2d");
  own.fillStyle = "#fff";
  own.arc(6, 6, 5, 0, 7);
  own.fill();
  return run((f) => {
    context.clearRect(0, 0, 740, 340);
    for (let k = 0; k < discs; k++) {
      context.globalAlpha = 0.5 + 0.5 * Math.sin(f / 5 + k);
      context.drawImage(sprite, (k % 32) * 22 + 10, Math.floor(k / 32) * 20 + 10);
    }
    context.globalAlpha = 1;
    context.fillStyle = "#b9c3d0";
    for (let k = 0; k < shapes; k++) { const [x, y] = place(k, f); context.fillRect(x, y, 18, 90); }
  });
};
window.pixi = async () => {
  const { Application, Graphics } = await import("/pixi.mjs");
  const app = new Application();
  await app.init({ width: 740, height: 340, preference: "webgl", autoStart: false });
  document.body.append(app.canvas);
  const all = [];
  for (let k = 0; k < discs; k++) {
    const g = new Graphics().circle(0, 0, 5).fill("#fff");
    g.position.set((k % 32) * 22 + 16, Math.floor(k / 32) * 20 + 16);
    app.stage.addChild(g);
    all.push(g);
  }
  const bars = Array.from({ length: shapes }, () => { const g = new Graphics().rect(0, 0, 18, 90).fill("#b9c3d0"); app.stage.addChild(g); return g; });
  return run((f) => {
    all.forEach((g, k) => { g.alpha = 0.5 + 0.5 * Math.sin(f / 5 + k); });
    bars.forEach((g, k) => g.position.set(...place(k, f)));
    app.render();
  });
};
</script>`;

const script = await readFile(join(packageRoot(), "node_modules/pixi.js/dist/pixi.min.mjs"));
const server = createServer((request, response) => {
  const isScript = request.url === "/pixi.mjs";
  response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
  response.end(isScript ? script : page);
});
await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
const browser = await launchChromium();
try {
  for (const way of ["canvas2d", "pixi", "canvas2d", "pixi"]) {
    const tab = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const found = (await tab.evaluate(`window.${way}()`)) as { fps: number; ms: number };
    console.log(
      `${way.padEnd(9)} ${found.fps.toFixed(1)} frames/s, ${found.ms.toFixed(2)} ms of script a frame`,
    );
    await tab.close();
  }
} finally {
  await browser.close();
  server.close();
}
