import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applySettings, parseRunConfig } from "../../training/config.ts";
import { measureCurve, readLearningCurve } from "../../training/learning-curve.ts";
import { renderMetricsCsv } from "../../training/metrics-csv.ts";
import { presets } from "../../training/presets/index.ts";
import { repeatCommand } from "../../training/run-card/repeat-command.ts";
import { writeRunCard } from "../../training/run-card/run-card.ts";
import { drawScene } from "../../training/run-card/scene-picture.ts";
import { train } from "../../training/trainer.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spikegym-card-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const configure = (settings: Record<string, unknown> = {}) => {
  const base = parseRunConfig({
    preset: "tuned/single-lif",
    seed: 4,
    ...presets.get("tuned/single-lif").config,
  });
  return parseRunConfig(applySettings(base, settings));
};

describe("a run's card", () => {
  it("says results, command and every setting of the run, beside pictures, table and replay", async () => {
    const config = configure({
      "training.steps": 120,
      "training.evaluateEvery": 60,
      "training.evaluationEpisodes": 2,
      "policy.population": 16,
      "policy.hidden": [8],
    });
    const summary = await train(config, { out: folder });
    await writeRunCard(folder, summary);
    const card = await readFile(join(folder, "card.md"), "utf8");
    expect(card).toContain("# tuned/single-lif, seed 4");
    expect(card).toContain(summary.finalReturn!.toFixed(2));
    expect(card).toContain("--set training.steps=120");
    for (const setting of ["poleMassKg", "threshold", "actorLearningRate", "evaluateEvery", "population"]) {
      expect(card).toContain(`| ${setting} `);
    }
    for (const [, file] of card.matchAll(/\]\(([^)]+)\)/g)) {
      expect(existsSync(join(folder, file!)), file).toBe(true);
    }
    const curve = await readLearningCurve(folder);
    expect(curve.steps).toEqual([60, 120]);
    expect(curve.mean.at(-1)).toBe(summary.finalReturn);
    const csv = (await readFile(join(folder, "metrics.csv"), "utf8")).trim().split("\n");
    const column = csv[0]!.split(",").indexOf("evaluationReturn");
    expect(Number(csv.at(-1)!.split(",")[column])).toBe(summary.finalReturn);
  });
});

describe("the command that repeats a run", () => {
  it("is the preset, the seed, and what differs from the preset, fit for a shell", () => {
    expect(repeatCommand(configure())).toBe("spikegym train tuned/single-lif --seed 4");
    expect(repeatCommand(configure({ "policy.hidden": [8], "environment.engine": "lagrangian" }))).toBe(
      "spikegym train tuned/single-lif --seed 4 --set environment.engine=lagrangian --set 'policy.hidden=[8]'",
    );
    const other = configure({ "policy.encoder": { id: "direct" } });
    expect(repeatCommand(other)).toContain(`--set 'policy.encoder.parameters={}'`);
    expect(repeatCommand({ ...configure(), preset: "mine" })).toBeNull();
  });
});

describe("metrics as CSV", () => {
  it("has a row a step, columns in the order they appear, and empty cells for what a row does not say", () => {
    const rows = [
      { step: 1, a: 1 },
      { step: 1, b: null },
      { step: 2, b: 0.5 },
      { step: 2, b: 0.25, c: 3 },
    ];
    expect(renderMetricsCsv(rows)).toBe("step,a,b,c\n1,1,,\n2,,0.5,\n2,,0.25,3\n");
  });
});

describe("what a learning curve says", () => {
  const curve = (mean: number[]) => ({ steps: mean.map((_, i) => 1000 * (i + 1)), mean, worst: mean });

  it("final, best, area, the first solution and what came after it", () => {
    expect(measureCurve(curve([0, 10, 4, 12, 6]), 10)).toEqual({
      final: 6,
      lastTen: 6.4,
      best: 12,
      area: 6.4,
      solvedAtStep: 2000,
      heldShare: 1 / 3,
      lowestAfter: 4,
    });
  });

  it("claims nothing of what was never solved, or only at the very end", () => {
    expect(measureCurve(curve([1, 2]), 10)).toMatchObject({
      solvedAtStep: null,
      heldShare: null,
      lowestAfter: null,
    });
    expect(measureCurve(curve([1, 10]), 10)).toMatchObject({
      solvedAtStep: 2000,
      heldShare: null,
      lowestAfter: null,
    });
  });
});

describe("the picture of a scene", () => {
  it("draws every body of every instant, to scale, clockwise angles positive", () => {
    const svg = drawScene(
      {
        bodies: [
          { id: "cart", role: "cart", shape: { kind: "box", widthM: 0.2, heightM: 0.1 } },
          { id: "pole", role: "pole", shape: { kind: "rod", lengthM: 0.5, radiusM: 0.02 } },
        ],
        view: { xMin: -1, xMax: 1, yMin: -1, yMax: 1 },
        rail: { y: 0, xMin: -0.8, xMax: 0.8 },
      },
      [0.1, 0, 0, 0.1, 0, Math.PI / 6],
      [[0, 0, 0, 0, 0, 0]],
      "a <cart>",
    );
    expect(svg.match(/<circle/g)).toHaveLength(2);
    expect(svg).toContain("rotate(30.00)");
    expect(svg).toContain("<title>a &lt;cart></title>");
    // 560 px less the margins for 2 m: the cart's 0.2 m are 53.2 px.
    expect(svg).toContain('width="53.2"');
  });
});
