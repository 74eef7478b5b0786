import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { drawLineChart } from "../../../training/plots/line-chart.ts";
import { renderSvg } from "../../../training/plots/render-svg.ts";
import { colours, darkColours } from "../../../training/plots/theme.ts";
import { thinLine } from "../../../training/plots/thin-line.ts";
import { renderPng, writePicture } from "../../../training/plots/write-picture.ts";

const sample = drawLineChart({
  title: "Return & <time>",
  x: { name: "Time", unit: "ms" },
  panels: [
    {
      y: { name: "Membrane", unit: "mV" },
      lines: [
        { name: "a", x: [0, 1, 2], y: [1, 3, 2], band: { low: [0, 2, 1], high: [2, 4, 3] } },
        { name: "b", x: [0, 1, 2], y: [3, Number.NaN, 1], colour: colours.ink },
      ],
      marks: [{ name: "spikes", x: [0.5, 1.5, 9] }],
      levels: [{ name: "threshold", y: 2 }],
    },
  ],
});

it.each([1, 2, 5])(
  "a legend of %d rows stands above its chart and moves it down by no more than it needs",
  (rows) => {
    const lines = Array.from({ length: 2 * rows }, (_, i) => ({
      name: `tuned/double-hh-published, population ${i}`,
      x: [0, 1],
      y: [0, 1],
    }));
    const panels = [{ y: { name: "y" }, lines }];
    const svg = renderSvg(
      drawLineChart({ title: "t", x: { name: "x" }, panels, widthPx: 680, heightPx: 320 }),
    );
    const heights = (text: string) =>
      [...svg.matchAll(new RegExp(`translate\\([\\d.]+ ([\\d.]+)\\)"[^>]*>${text}<`, "g"))].map(([, y]) =>
        Number(y),
      );
    const names = heights("tuned[^<]*");
    expect(new Set(names).size).toBe(rows);
    // The uppermost label of the y axis stands at the chart's upper edge.
    const edge = Math.min(...heights("1"));
    expect(edge - Math.max(...names)).toBeGreaterThan(10);
    expect(edge - Math.max(...names)).toBeLessThan(20);
  },
);

describe("renderSvg", () => {
  it("draws the same text each time, whatever was drawn before", () => {
    const first = renderSvg(sample);
    renderSvg({ ...sample, widthPx: 300 });
    expect(renderSvg(sample)).toBe(first);
  });

  it("puts units on the axes, names in the legend and the description in the title", () => {
    const svg = renderSvg(sample);
    for (const text of ["Time (ms)", "Membrane (mV)", ">a<", ">b<", ">spikes<", ">threshold<"]) {
      expect(svg).toContain(text);
    }
    expect(svg).toContain("<title>Return &amp; &lt;time&gt;</title>");
  });

  it("gives two pictures in one document no id in common", () => {
    const ids = (svg: string) => [...svg.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id);
    const other = renderSvg({ ...sample, heightPx: 500 });
    expect(ids(other).length).toBeGreaterThan(0);
    expect(ids(other).filter((id) => ids(renderSvg(sample)).includes(id))).toEqual([]);
  });

  it("is dark throughout when asked, and follows the reader when not", () => {
    const dark = renderSvg(sample, "dark");
    for (const [light, turned] of Object.entries(darkColours)) {
      expect(dark).not.toContain(`"${light}"`);
      expect(renderSvg(sample, "auto")).toContain(`[fill="${light}"]{fill:${turned}}`);
    }
    expect(renderSvg(sample, "light")).not.toContain("@media");
  });
});

describe("thinLine", () => {
  it("keeps the ends, every peak and gaps", () => {
    const x = Float64Array.from({ length: 10_000 }, (_, i) => i);
    const y = new Float64Array(10_000);
    y[1234] = 7;
    y[4321] = -7;
    y[7000] = Number.NaN;
    const thin = thinLine(x, y, 100);
    expect(thin.length).toBeLessThan(510);
    expect(thin[0]).toEqual([0, 0]);
    expect(thin.at(-1)).toEqual([9999, 0]);
    expect(thin).toContainEqual([1234, 7]);
    expect(thin).toContainEqual([4321, -7]);
    expect(thin).toContainEqual([7000, Number.NaN]);
    expect(thin.map(([at]) => at)).toEqual(thin.map(([at]) => at).sort((a, b) => a - b));
  });

  it("leaves short lines as they are", () => {
    expect(thinLine([0, 1], [5, 6], 100)).toEqual([
      [0, 5],
      [1, 6],
    ]);
  });
});

describe("writePicture", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "spikegym-plots-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("writes SVG and PNG by the file's ending", async () => {
    await writePicture(join(folder, "a.svg"), sample);
    expect(readFileSync(join(folder, "a.svg"), "utf8")).toBe(renderSvg(sample));
    await writePicture(join(folder, "a.png"), sample);
    const png = readFileSync(join(folder, "a.png"));
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    expect(png.readUInt32BE(16)).toBe(2 * sample.widthPx);
  });

  it("refuses another ending by name", async () => {
    await expect(writePicture(join(folder, "a.pdf"), sample)).rejects.toThrow(
      /ends in "\.pdf", expected \.svg or \.png/,
    );
  });

  it("says how to add the PNG library where it is missing", async () => {
    const missing = () => Promise.reject(Object.assign(new Error("gone"), { code: "ERR_MODULE_NOT_FOUND" }));
    await expect(renderPng(sample, "light", missing)).rejects.toThrow(/npm install @resvg\/resvg-js/);
  });
});
