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
import { presetsDataFile } from "../../training/studies/presets-data.ts";

// Each run is a process of its own, whose start alone takes a second or two of a free core.
vi.setConfig({ testTimeout: 240_000 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spikegym-study-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const MACHINE = { processor: "p", cores: 2, memoryGiB: 8, platform: "linux x64" };

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
  contributions: [{ command: "spikegym study learning", machine: MACHINE }],
  engine: "mujoco",
  settings: "tuned",
  evaluationEpisodes: 20,
  missing: ["double ann, seed 3"],
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

  describe("with a report that is there", () => {
    const single = (seed: number, model: string): LearningRecord => ({
      ...record(seed, [9, 11], model),
      task: "single",
      preset: `tuned/single-${model}`,
      steps: 120,
      curve: { steps: [60, 120], mean: [9, 11], worst: [8, 10] },
    });
    const settings = {
      models: ["ann", "lif"],
      tasks: ["single"],
      engine: "lagrangian",
      steps: { single: 120 },
      evaluateEvery: 60,
      evaluationEpisodes: 2,
    };
    const published = [single(0, "lif"), single(0, "ann"), single(1, "s-lif2hh")];
    const file = () => join(folder, "report/learning-lagrangian.json");
    const options = () => ({
      out: join(folder, "out"),
      report: join(folder, "report"),
      seeds: 1,
      workers: 1,
    });
    beforeEach(async () => {
      await mkdir(join(folder, "report"), { recursive: true });
      const data = {
        ...dataOf(published),
        engine: "lagrangian",
        evaluationEpisodes: 2,
        missing: ["single s-lif2hh, seed 2"],
      };
      await writeFile(file(), JSON.stringify(data));
    });
    const study = async (own: object) => {
      const notes: string[] = [];
      const result = await learningStudy.run(learningParameters.parse({ ...settings, ...own }), {
        ...options(),
        onNote: (line) => notes.push(line),
      });
      const [data] = await readLearningData(join(folder, "report"));
      return { result, notes: notes.join("; "), data: data! };
    };

    it("keeps the runs of its plan and those outside of it, and says how many", async () => {
      const { result, notes, data } = await study({});
      expect(result.complete).toBe(true);
      expect(existsSync(options().out)).toBe(false);
      expect(notes).toMatch(/2 of 2 runs stand in .*learning-lagrangian.json already/);
      expect(notes).toMatch(/1 of the 3 runs in .* lie outside of this plan and are carried over/);
      expect(data.runs).toEqual(published);
      // It made none of them.
      expect(data.contributions).toEqual([{ command: "spikegym study learning", machine: MACHINE }]);
    });

    it("a narrower command adds its runs to those of others, and its name to theirs", async () => {
      const { result, data } = await study({ models: ["hh-published"] });
      expect(result.complete).toBe(true);
      expect(data.runs.slice(0, 3)).toEqual(published);
      expect(data.runs[3]).toMatchObject({ model: "hh-published", seed: 0, steps: 120 });
      expect(data.runs).toHaveLength(4);
      expect(data.missing).toEqual(["single s-lif2hh, seed 2"]);
      expect(data.contributions.map(({ command }) => command)).toEqual([
        "spikegym study learning",
        expect.stringMatching(/^spikegym study learning --seeds 1 .*models='\["hh-published"\]'/),
      ]);
      const page = await readFile(join(folder, "report/README.md"), "utf8");
      expect(page).toMatch(
        /`spikegym study learning` and `spikegym study learning --seeds 1 .*4 of 5 planned/,
      );
      expect(page).toMatch(/\| s-lif2hh +\| +1 \|/);
    });

    it.each([
      [{ evaluationEpisodes: 3 }, /2 episodes an evaluation; now tuned, 3\)/],
      [{ steps: { single: 180 } }, /single lif, seed 0: 120 steps, evaluated every 60; now 180, every 60/],
      [{ evaluateEvery: 40 }, /120 steps, evaluated every 60; now 120, every 40/],
      [{ evaluateEvery: 40, tasks: ["double"] }, /evaluated every 60; now 120, every 40/],
    ])("refuses %j: the report's runs are not like that, and stay", async (own, message) => {
      const before = await readFile(file(), "utf8");
      await expect(study(own)).rejects.toThrow(message);
      await expect(study(own)).rejects.toThrow("nothing was changed, choose another --report");
      expect(await readFile(file(), "utf8")).toBe(before);
      expect(existsSync(options().out)).toBe(false);
    });

    it("has no quarrel with the length of a task that it does not plan", async () => {
      const { notes } = await study({ models: ["lif"], steps: { single: 120, double: 7 } });
      expect(notes).toContain("2 of the 3 runs");
    });
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
    const page = renderBenchmarkPage([dataOf(runs)], false);
    expect(page).toContain("3 of 4 planned runs are done");
    expect(page).toMatch(/\| hh-published \| +3 \| 2 of 3 \| +3,000 \|/);
    expect(page).toContain("gate rates are random constants");
    expect(page).toContain("commit 0123456789, on p, 2 cores");
    // A single run has no interval.
    expect(renderBenchmarkPage([dataOf(runs.slice(0, 1))], false)).toMatch(/\| +9300 \|/);
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
  ).toBe(renderBenchmarkPage(all, existsSync(presetsDataFile("docs/benchmarks"))));
  for (const data of all) {
    expect(await readFile(`docs/benchmarks/learning-${data.engine}.csv`, "utf8")).toBe(renderCsv(data));
  }
});
