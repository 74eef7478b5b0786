import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeBook } from "../../../training/reproduce/book.ts";
import { drawCurves } from "../../../training/reproduce/curve-chart.ts";
import type { FigureDefinition } from "../../../training/reproduce/figure.ts";
import { readFigure, writeFigure } from "../../../training/reproduce/figure-record.ts";
import { drawScores } from "../../../training/reproduce/score-chart.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";

const scores = new Map([
  ["lif", [1, 2, 3]],
  ["hh</script>", [2]],
]);
const figure: FigureDefinition = {
  id: "4c",
  title: "Two & more",
  summary: "",
  references: [],
  claim: "a < b",
  needsData: false,
  run: async () => undefined,
};
const undecided = { holds: "undecided", sentence: "too few runs" } as const;
const result = {
  picture: drawScores("title", "subtitle", "y", [{ title: "published", scores }]),
  rows: [{ model: "lif", score: 1 }],
  verdicts: { published: undecided, matched: undecided },
  extent: "hardly anything",
  notes: ["a note"],
};
const making = { scale: "quick", seeds: 1, command: "spikegym reproduce 4c", wallSeconds: 1 };

describe("a figure's files", () => {
  it("come back as they were written, and their book needs no network", async () => {
    const folder = makeTemporaryFolder();
    const files = await writeFigure(folder, figure, result, making);
    const record = await readFigure(files.json);
    expect(record.rows).toEqual(result.rows);
    expect(record.verdicts.matched).toEqual(undecided);
    expect(await readFile(files.table, "utf8")).toBe("model,score\nlif,1\n");
    expect(await readFile(files.figure, "utf8")).toMatch(/^<svg /);
    const skipped = [{ id: "4d", title: "Deep", why: "no data" }];
    const { book, readme } = await writeBook(folder, ["3d", "4c", "4d"], skipped);
    const page = await readFile(book, "utf8");
    expect(page).toContain("Two &amp; more");
    expect(page).toContain("4d, Deep, was skipped:");
    expect(page).not.toMatch(/(?:src|href)="https?:/);
    // The option stands in the page as data, which nothing in it can end early.
    const option = /<script type="application\/json" data-chart="chart-4c">(.*?)<\/script>/s.exec(page)![1]!;
    expect(JSON.parse(option)).toEqual(JSON.parse(JSON.stringify(result.picture.option)));
    const text = await readFile(readme, "utf8");
    expect(text).toContain("![title](4c.svg)");
    expect(text).toContain("**4d, Deep, was skipped:** no data");
  });

  it("draw the same from plain data: options hold no functions", () => {
    const curves = drawCurves("t", "s", { x: "steps", y: "return" }, [
      {
        title: "one",
        curves: [
          {
            model: "lif",
            x: [0, 1],
            value: [1, 2],
            band: [
              [0, 2],
              [1, 3],
            ],
          },
        ],
      },
    ]);
    for (const { option } of [result.picture, curves]) {
      expect(JSON.parse(JSON.stringify(option))).toEqual(option);
    }
  });

  it("names a damaged one", async () => {
    const folder = makeTemporaryFolder();
    const { json } = await writeFigure(folder, figure, result, making);
    const { writeFile } = await import("node:fs/promises");
    await writeFile(json, "{");
    await expect(readFigure(join(folder, "4c.json"))).rejects.toThrow(/cut off or no JSON/);
  });
});
