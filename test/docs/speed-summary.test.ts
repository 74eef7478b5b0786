import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { renderSpeedSummary, replaceBetween } from "../../scripts/speed-summary.ts";
import { type StartTime, showStart } from "../../scripts/start-time.ts";

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");

/** Of a text's tables: the formatter pads cells, what they say is compared. */
const cells = (table: string) =>
  table
    .trim()
    .split("\n")
    .filter((line) => /^\|/.test(line) && !/^\|[\s|:-]+\|$/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()));

it("the README's speeds are those of docs/performance.json, none typed in", () => {
  const { results, start } = JSON.parse(read("docs/performance.json"));
  const table = renderSpeedSummary(results);
  const [, shown] = read("README.md").match(/<!-- speed -->\n([\s\S]*?)<!-- end of speed -->/)!;
  expect(cells(shown!)).toEqual(cells(table));
  expect(cells(table).length).toBeGreaterThan(10);
  expect(shown!.trim().split("\n").at(-1)).toBe(showStart(start as StartTime));
});

it("a ratio is that of the numbers before they are rounded; what was not measured is left out", () => {
  const table = renderSpeedSummary({ update: { lif: { updateMs: 1.449, torchUpdateMs: 2.951 } } });
  expect(cells(table)).toEqual([
    ["", "what", "here", "PyTorch", "times as fast", "command", ""],
    ["", "the same, `lif`", "1.4 ms", "3 ms", "2.0", "`spikegym bench update --torch`", ""],
  ]);
});

it("refuses a page without the place", () => {
  expect(replaceBetween("a\n<!-- x -->\nold\n<!-- end of x -->\nb", "x", "new")).toBe(
    "a\n<!-- x -->\n\nnew\n\n<!-- end of x -->\nb",
  );
  expect(() => replaceBetween("a", "x", "new")).toThrow(/expected "<!-- x -->"/);
});
