import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { environments } from "../../../envs/index.ts";
import { presets } from "../../../training/presets/index.ts";
import { presetsStudy } from "../../../training/studies/presets.ts";
import {
  groupPresetRuns,
  type PresetRecord,
  type PresetsData,
  presetsDataFile,
  readPresetsDataFile,
} from "../../../training/studies/presets-data.ts";
import { renderPresetsPage } from "../../../training/studies/presets-page.ts";
import {
  identifyConfiguration,
  type PresetsSettings,
  planPresets,
  presetsParameters,
} from "../../../training/studies/presets-plan.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";

// Each run is a process of its own, whose start alone takes a second or two of a free core.
vi.setConfig({ testTimeout: 240_000 });

const MACHINE = { processor: "p", cores: 2, memoryGiB: 8, platform: "linux x64" };
const LIF = "tuned/single-lif";
const DQN = "tuned/cartpole-lif-dqn";

/** Short, and solved by whoever stands for two steps. */
const settings: PresetsSettings = {
  engine: "lagrangian",
  set: {
    "training.steps": 120,
    "training.evaluateEvery": 60,
    "training.evaluationEpisodes": 2,
    "training.solvedReturn": 2,
    "training.confirmationEpisodes": 3,
  },
};

const record = (preset: string, seed: number, own: Partial<PresetRecord> = {}): PresetRecord => ({
  preset,
  configuration: identifyConfiguration(settings, preset),
  seed,
  environment: presets.get(preset).config.environment.id,
  engine: "lagrangian",
  algorithm: "sac",
  neuron: "lif",
  population: 128,
  budget: 30_000,
  steps: 9_000,
  evaluateEvery: 1_000,
  evaluationEpisodes: 20,
  confirmationEpisodes: 500,
  solvedReturn: 950,
  solvedAtStep: 8_000,
  confirmedAtStep: 9_000,
  finalReturn: 1_000,
  bestReturn: 1_000,
  wallSeconds: 120,
  cpuSeconds: 60,
  updateMs: 3,
  versions: { spikegym: "1", commit: "0123456789abcdef+" },
  ...own,
});

const dataOf = (runs: PresetRecord[], missing: string[] = []): PresetsData => ({
  study: "presets",
  contributions: [{ command: "spikegym study presets", machine: MACHINE }],
  ...settings,
  missing,
  runs,
});

describe("the plan", () => {
  const p = presetsParameters.parse({});
  const runs = planPresets(p, 2, "out");

  it("has every environment with a spiking preset, CartPole by PPO and DQN, the pendulums by TD3 and PPO", () => {
    const spiking = runs.filter(({ config }) => config.policy.neuron.id !== "ann");
    expect(new Set(spiking.map(({ config }) => config.environment.id))).toEqual(
      new Set(environments.entries.map(({ id }) => id)),
    );
    const algorithms = (id: string) =>
      new Set(
        runs.filter(({ config }) => config.environment.id === id).map(({ config }) => config.algorithm.id),
      );
    expect(algorithms("CartPole-v1")).toEqual(new Set(["dqn", "ppo"]));
    expect(algorithms("InvertedPendulum-v5")).toEqual(new Set(["sac", "td3", "ppo"]));
    expect(algorithms("InvertedDoublePendulum-v5")).toEqual(new Set(["sac", "td3", "ppo"]));
  });

  it("has every neuron model on the single pendulum", () => {
    const single = runs.filter(({ config }) => config.environment.id === "InvertedPendulum-v5");
    const neurons = new Set(
      single.map(({ config: { policy } }) => `${policy.population} ${policy.neuron.id}`),
    );
    expect([...neurons].sort()).toEqual(
      [
        "128 alif",
        "128 ann",
        "128 hh",
        "128 hh-published",
        "128 izhikevich",
        "128 lif",
        "128 s-lif2hh",
        "512 lif",
      ].sort(),
    );
  });

  it("every seed of the quick presets comes before the first of a slow one, and each is there once", () => {
    const isSlow = runs.map(({ preset }) => p.slowPresets.includes(preset));
    expect(isSlow.indexOf(true)).toBe(2 * (p.presets.length - p.slowPresets.length));
    expect(isSlow.slice(isSlow.indexOf(true))).not.toContain(false);
    expect(new Set(runs.map(({ out }) => out)).size).toBe(2 * p.presets.length);
  });

  it("stops where solved, in mujoco unless the preset has an engine of its own; the budget is the preset's", () => {
    for (const { preset, config } of runs) {
      const own = presets.get(preset).config;
      expect(config.training.stopWhenSolved, preset).toBe(true);
      expect(config.environment.engine, preset).toBe(own.environment.engine ?? "mujoco");
      expect(config.training.steps, preset).toBe(own.training?.steps ?? 30_000);
    }
  });

  it("knows an engine that there is from one that there is not", () => {
    expect(() => planPresets({ ...p, engine: "mujocco" }, 1, "out")).toThrow(/"mujocco".*mujoco/);
    const [cartPole] = planPresets({ ...p, presets: [DQN], engine: "matter" }, 1, "out");
    expect(cartPole!.config.environment.engine).toBe("classic");
  });

  it("tells a preset from what it was by what it says, in whatever order", () => {
    const reversed = { ...settings, set: Object.fromEntries(Object.entries(settings.set).reverse()) };
    expect(identifyConfiguration(reversed, LIF)).toBe(identifyConfiguration(settings, LIF));
    const other = { ...settings, set: { ...settings.set, "training.steps": 121 } };
    expect(identifyConfiguration(other, LIF)).not.toBe(identifyConfiguration(settings, LIF));
    expect(identifyConfiguration({ ...settings, engine: "matter" }, LIF)).not.toBe(
      identifyConfiguration(settings, LIF),
    );
  });
});

describe("the study", () => {
  let report: string;
  let out: string;
  beforeEach(async () => {
    const folder = makeTemporaryFolder();
    report = join(folder, "report");
    out = join(folder, "out");
    await mkdir(report);
  });
  const publish = (data: PresetsData) => writeFile(presetsDataFile(report), JSON.stringify(data));
  const study = async (
    names: string[],
    { stop, ...own }: { stop?: AbortController; engine?: string; set?: object } = {},
  ) => {
    const notes: string[] = [];
    const result = await presetsStudy.run(presetsParameters.parse({ presets: names, ...settings, ...own }), {
      out,
      report,
      seeds: 1,
      workers: 1,
      onNote: (line) => notes.push(line),
      // A run that has ended counts all its steps.
      onProgress: ({ done }) => done >= 120 && stop?.abort(),
      ...(stop === undefined ? {} : { signal: stop.signal }),
    });
    return { result, notes: notes.join("; "), data: await readPresetsDataFile(presetsDataFile(report)) };
  };

  it("trains each preset until it is solved, goes on after a stop, and leaves data and pages", async () => {
    const outdated = record(DQN, 0, { configuration: "of before" });
    const outside = record("tuned/single-alif", 0);
    await publish(dataOf([outdated, outside]));
    const stop = new AbortController();
    const first = await study([LIF, DQN], { stop });
    expect(first.notes).toMatch(/1 of the 2 runs in .* are of presets that have changed since/);
    expect(first.notes).toMatch(/1 of the 2 runs in .* lie outside of this plan and are carried over/);
    expect(first.result.complete).toBe(false);
    expect(first.data.runs[0]).toEqual(outside);
    expect(first.data.runs[1]).toMatchObject({
      preset: LIF,
      engine: "lagrangian",
      budget: 120,
      steps: 60,
      solvedAtStep: 60,
      confirmedAtStep: 60,
      evaluationEpisodes: 2,
      confirmationEpisodes: 3,
    });
    expect(first.data.missing).toEqual([`${DQN}, seed 0`]);

    const second = await study([LIF, DQN]);
    expect(second.result.complete).toBe(true);
    expect(second.notes).toMatch(/1 of 2 runs stand in .*presets.json already and are kept/);
    expect(second.data.runs.slice(0, 2)).toEqual(first.data.runs);
    expect(second.data.runs[2]).toMatchObject({ preset: DQN, algorithm: "dqn", engine: "classic" });
    expect(second.data.missing).toEqual([]);
    expect(second.data.contributions).toHaveLength(2);
    expect(await readFile(join(report, "presets.md"), "utf8")).toBe(renderPresetsPage(second.data));
    expect(await readFile(join(report, "README.md"), "utf8")).toContain("[presets](presets.md)");
  });

  it("refuses a report of other settings, and one that is no data, and leaves them alone", async () => {
    await publish(dataOf([record(LIF, 0)]));
    const before = await readFile(presetsDataFile(report), "utf8");
    await expect(study([LIF], { engine: "matter" })).rejects.toThrow(
      /engine lagrangian, .*; now matter, .*nothing was changed, choose another --report/,
    );
    await expect(study([LIF], { set: {} })).rejects.toThrow(/now lagrangian, \{\}/);
    expect(await readFile(presetsDataFile(report), "utf8")).toBe(before);

    await publish({ ...dataOf([]), runs: [{ ...record(LIF, 0), seed: -1 }] });
    await expect(study([LIF])).rejects.toThrow(/presets.json: "runs.0.seed" is -1/);
    await writeFile(presetsDataFile(report), before.slice(0, 100));
    await expect(study([LIF])).rejects.toThrow(/presets.json is cut off or no JSON/);
    expect(existsSync(out)).toBe(false);
  });

  it("makes nothing where everything is published", async () => {
    const data = dataOf([record(LIF, 0), record(DQN, 0)]);
    await publish(data);
    const again = await study([DQN, LIF]);
    expect(again.result.complete).toBe(true);
    expect(again.data).toEqual(data);
    expect(existsSync(out)).toBe(false);
  });
});

describe("the page", () => {
  const lif = [
    record(LIF, 1, { solvedAtStep: 10_000, confirmedAtStep: null, bestReturn: 960 }),
    record(LIF, 0),
    record(LIF, 2, { solvedAtStep: null, confirmedAtStep: null, bestReturn: 500 }),
  ];
  const alif = [record("tuned/single-alif", 0), record("tuned/single-alif", 1, { cpuSeconds: 120 })];

  it("says of each preset which seeds solved it and which held, from which step, with the medians", () => {
    const [group] = groupPresetRuns(lif);
    expect(group).toMatchObject({
      solved: 2,
      held: 1,
      medianSolvedAtStep: 10_000,
      medianHeldFromStep: null,
      lowestBest: 500,
      medianWallMinutes: 2,
    });
    const page = renderPresetsPage(dataOf(lif));
    const row = page.split("\n").find((line) => line.startsWith(`| \`${LIF}\` `))!;
    expect(row.split("|").map((cell) => cell.trim())).toEqual([
      "",
      `\`${LIF}\``,
      "sac",
      "128 lif",
      "lagrangian",
      "3",
      "2 of 3",
      "8,000; 10,000; –",
      "10,000",
      "1 of 3",
      "9,000; –; –",
      "–",
      "1,000",
      "30,000",
      "500",
      "2.0",
      "1.0",
      "3.0",
      "",
    ]);
    expect(page).toContain("Solved at 950, mean of 20 episodes; then held from 500 further starts.");
  });

  it("names the quickest preset that held from each of several seeds", () => {
    const one = record("tuned/single-ann", 0, { cpuSeconds: 1 });
    const page = renderPresetsPage(dataOf([...lif, one, ...alif]));
    expect(page).toMatch(/\| InvertedPendulum-v5 \| +3 \| +1 \| `tuned\/single-alif` +\| +1\.5 \|/);
  });

  it("says what is missing, by which commands and versions it was made, and which preset has changed since", () => {
    const changed = record("tuned/single-alif", 2, { configuration: "of before" });
    const missing = [`${LIF}, seed 0`, `${LIF}, seed 1`, "tuned/single-alif, seed 3"];
    const page = renderPresetsPage(dataOf([...alif, changed], missing));
    expect(page).toContain("`spikegym study presets`; 3 of 6 planned runs are done");
    expect(page).toContain(`Without a finished run so far: \`${LIF}\`.`);
    expect(page).toContain("commit 0123456789+, on p, 2 cores");
    expect(page).toMatch(/\| `tuned\/single-alif` +\| sac .* 2 of 2/);
    expect(page).toMatch(/\| `tuned\/single-alif` \(as it was\) \| sac .* 1 of 1/);
  });

  it("has the environments in the order of the catalogue", () => {
    const page = renderPresetsPage(dataOf([...alif, record(DQN, 0)]));
    expect([...page.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual([
      "CartPole-v1",
      "InvertedPendulum-v5",
      "How to read the columns",
    ]);
  });
});

it("docs/benchmarks/presets.md is what its data and the presets say", async () => {
  const data = await readPresetsDataFile(presetsDataFile("docs/benchmarks"));
  expect(data.runs.length).toBeGreaterThan(0);
  expect(
    await readFile("docs/benchmarks/presets.md", "utf8"),
    "out of date; run: node --import tsx scripts/write-benchmark-page.ts",
  ).toBe(renderPresetsPage(data));
});
