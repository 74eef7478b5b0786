import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readLearningData, renderBenchmarkPage } from "../../training/studies/benchmark-page.ts";
import { learningStudy } from "../../training/studies/learning.ts";
import {
  groupRuns,
  type LearningData,
  type LearningRecord,
  learningDataSchema,
  renderCsv,
} from "../../training/studies/learning-data.ts";
import { learningParameters, planLearning } from "../../training/studies/learning-plan.ts";

// Each run is a process of its own, whose start alone takes a second or two of a free core.
vi.setConfig({ testTimeout: 240_000 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spikegym-study-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const record = (seed: number, mean: number[], model = "hh-published"): LearningRecord => ({
  task: "double",
  model,
  seed,
  preset: `tuned/double-${model}`,
  environment: "InvertedDoublePendulum-v5",
  steps: 1000 * mean.length,
  solvedReturn: 9100,
  wallSeconds: 60,
  cpuSeconds: 30,
  updateMs: 2,
  versions: { spikegym: "1", commit: "0123456789abcdef" },
  curve: { steps: mean.map((_, i) => 1000 * (i + 1)), mean, worst: mean.map((x) => x / 2) },
});

const dataOf = (runs: LearningRecord[]): LearningData => ({
  study: "learning",
  command: "spikegym study learning",
  engine: "mujoco",
  settings: "tuned",
  evaluationEpisodes: 20,
  plannedRuns: 4,
  machine: { processor: "p", cores: 2, memoryGiB: 8, platform: "linux x64" },
  runs,
});

describe("the learning-curve study", () => {
  it("stops between runs and goes on; data, pictures and page are there after every run", async () => {
    const parameters = learningParameters.parse({
      models: ["lif", "ann"],
      tasks: ["single"],
      engine: "lagrangian",
      steps: { single: 120 },
      evaluateEvery: 60,
      evaluationEpisodes: 2,
    });
    const options = { out: join(folder, "out"), report: join(folder, "report"), seeds: 1, workers: 1 };
    const stop = new AbortController();
    const first = await learningStudy.run(parameters, {
      ...options,
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done >= 120) stop.abort();
      },
    });
    expect(first.complete).toBe(false);
    const read = async () =>
      learningDataSchema.parse(
        JSON.parse(await readFile(join(folder, "report/learning-lagrangian.json"), "utf8")),
      );
    const before = await read();
    expect(before.runs.map(({ model }) => model)).toEqual(["lif"]);
    expect(before.runs[0]!.curve.steps).toEqual([60, 120]);

    const second = await learningStudy.run(parameters, options);
    expect(second.complete).toBe(true);
    const after = await read();
    expect(after.runs[0]).toEqual(before.runs[0]);
    expect(after.runs.map(({ model }) => model)).toEqual(["lif", "ann"]);
    const page = await readFile(join(folder, "report/README.md"), "utf8");
    for (const [, file] of page.matchAll(/\]\(([^)]+)\)/g)) {
      expect(existsSync(join(folder, "report", file!)), file).toBe(true);
    }
  });

  it("keeps what its report holds already, and refuses a report of other settings", async () => {
    const report = join(folder, "report");
    const runs = ["lif", "ann"].map((model) => ({
      ...record(0, [9, 11], model),
      task: "single" as const,
      preset: `tuned/single-${model}`,
    }));
    const data = { ...dataOf(runs), engine: "lagrangian" };
    await mkdir(report, { recursive: true });
    await writeFile(join(report, "learning-lagrangian.json"), JSON.stringify(data));
    const options = { out: join(folder, "out"), report, seeds: 1, workers: 1 };
    const settings = {
      models: ["ann", "lif"],
      tasks: ["single"],
      engine: "lagrangian",
      steps: { single: 2000 },
    };
    const notes: string[] = [];
    const result = await learningStudy.run(learningParameters.parse(settings), {
      ...options,
      onNote: (line) => notes.push(line),
    });
    expect(result.complete).toBe(true);
    expect(existsSync(options.out)).toBe(false);
    expect(notes.join()).toMatch(/2 of 2 runs stand in .*learning-lagrangian.json already/);
    const [after] = await readLearningData(report);
    expect(after!.runs).toEqual([runs[1], runs[0]]);
    const other = learningParameters.parse({ ...settings, evaluationEpisodes: 3 });
    await expect(learningStudy.run(other, options)).rejects.toThrow(
      /20 episodes an evaluation; now tuned, 3/,
    );
  });

  it("plans seed by seed, slow models for fewer seeds, and every run to the end of its budget", () => {
    const p = learningParameters.parse({ models: ["lif", "hh"], slowModels: ["hh"], slowSeeds: 1 });
    const runs = planLearning(p, 2, "out");
    expect(runs.map(({ name }) => name)).toEqual([
      "double lif, seed 0",
      "single lif, seed 0",
      "double hh, seed 0",
      "single hh, seed 0",
      "double lif, seed 1",
      "single lif, seed 1",
    ]);
    for (const { config, task } of runs) {
      expect(config.training).toMatchObject({
        steps: task === "double" ? 60_000 : 30_000,
        stopWhenSolved: false,
      });
      expect(config.environment.engine).toBe("mujoco");
    }
  });
});

describe("what the study reports", () => {
  const runs = [
    record(0, [50, 9200, 9000, 9300]),
    record(1, [60, 90, 9150, 9350]),
    record(2, [70, 80, 90, 100]),
  ];

  it("interquartile means with intervals over the runs, share solved, median steps, and what came after", () => {
    const [group] = groupRuns(runs);
    expect(group).toMatchObject({
      seeds: 3,
      solvedShare: 2 / 3,
      medianSolvedAtStep: 3000,
      lowestAfter: 9000,
    });
    expect(group!.heldShare).toBe((0.5 + 1) / 2);
    expect(group!.final.value).toBeCloseTo((9300 + 9350 + 100) / 3, 9);
    expect(group!.curve.value[0]).toBe(60);
    const [low, high] = group!.curve.band![0]!;
    expect(low).toBeGreaterThanOrEqual(50);
    expect(high).toBeLessThanOrEqual(70);
    expect(groupRuns(runs)).toEqual([group]);
  });

  it("a page with each figure once, what is not done yet, and what a reader must know of a neuron", () => {
    const page = renderBenchmarkPage([dataOf(runs)]);
    expect(page).toContain("3 of 4 planned runs are done");
    expect(page).toMatch(/\| hh-published \| +3 \| 2 of 3 \| +3,000 \|/);
    expect(page).toContain("gate rates are random constants");
    expect(page).toContain("commit 0123456789, on p, 2 cores");
    // A single run has no interval.
    expect(renderBenchmarkPage([dataOf(runs.slice(0, 1))])).toMatch(/\| +9300 \|/);
  });

  it("CSV: every evaluation of every run", () => {
    const lines = renderCsv(dataOf(runs.slice(0, 1)))
      .trim()
      .split("\n");
    expect(lines[0]).toBe("settings,engine,task,model,seed,step,mean_return,worst_return");
    expect(lines[2]).toBe("tuned,mujoco,double,hh-published,0,2000,9200,4600");
    expect(lines).toHaveLength(5);
  });
});

it("docs/benchmarks is what its data say", async () => {
  const all = await readLearningData("docs/benchmarks");
  expect(all.length).toBeGreaterThan(0);
  expect(
    await readFile("docs/benchmarks/README.md", "utf8"),
    "out of date; run: node --import tsx scripts/write-benchmark-page.ts",
  ).toBe(renderBenchmarkPage(all));
  for (const data of all) {
    expect(await readFile(`docs/benchmarks/learning-${data.engine}.csv`, "utf8")).toBe(renderCsv(data));
  }
});
