import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runSpikegym } from "../../cli/run-for-tests.ts";
import { trainSmallPolicy } from "../sweep/sweep-for-tests.ts";

let folder: string;
let policy: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "spikegym-robustness-"));
  policy = await trainSmallPolicy(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("the robustness study writes its page, pictures and data from what it measured, and claims nothing from one run", async () => {
  const settings = {
    policies: [policy],
    trainNoise: false,
    engine: "lagrangian",
    axes: ["sensor-noise", "lesion"],
    severities: [0, 5],
    episodes: 1,
    map: null,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [
    "--set",
    `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  ]);
  const out = join(folder, "study");
  const { exitCode, stdout } = await runSpikegym([
    "study",
    "robustness",
    "--seeds",
    "1",
    "--out",
    out,
    "--json",
    ...args,
  ]);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ study: "robustness", failed: [], verdicts: [] });
  const report = join(out, "report");
  expect((await readdir(report)).sort()).toEqual([
    "robustness-lesion.svg",
    "robustness-sensor-noise.svg",
    "robustness-tested.csv",
    "robustness.md",
  ]);
  const page = await readFile(join(report, "robustness.md"), "utf8");
  expect(page).toContain("Fewer than three seeds");
  expect(page).toContain("None of the compared pairs was trained.");
  expect(page).toContain("| lesion");
  const data = await readFile(join(report, "robustness-tested.csv"), "utf8");
  expect(data.trim().split("\n")).toHaveLength(1 + 4);
}, 60_000);

it("trains with and without noise, tests those trained without, and its command says only what is not by default", async () => {
  const out = join(folder, "trained");
  const set = {
    "training.steps": 60,
    "training.evaluateEvery": 60,
    "training.evaluationEpisodes": 1,
    "algorithm.parameters.randomSteps": 50,
  };
  const run = () =>
    runSpikegym([
      ...["study", "robustness", "--seeds", "1", "--workers", "2", "--out", out, "--json"],
      ...["--set", 'models=["hh-published","lif"]', "--set", "engine=lagrangian"],
      ...["--set", 'axes=["lesion"]', "--set", "severities=[5]", "--set", "map=null", "--set", "episodes=1"],
      ...["--set", `set=${JSON.stringify(set)}`],
    ]);
  const { exitCode, stdout, stderr } = await run();
  expect(stderr).not.toMatch(/error/i);
  expect(exitCode).toBe(0);
  const document = JSON.parse(stdout);
  expect(document.failed).toEqual([]);
  const page = await readFile(join(out, "report", "robustness.md"), "utf8");
  expect(page).toContain("--set engine=lagrangian");
  expect(page).not.toContain("--set trainNoise");
  expect(page).toMatch(/\| lif +\| with noise +\| sensor-noise 0.002 \|/);
  expect(page).toMatch(/lif, trained with against without it: \*\*too few runs to say/);
  // Two neurons x with and without x two noises, and no training of their own for the test.
  expect(await readdir(join(out, "tested", "trials"))).toHaveLength(2);
  // Done already: nothing is done twice.
  const again = await run();
  expect(JSON.parse(again.stdout)).toEqual(document);
}, 120_000);
