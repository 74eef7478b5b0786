import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { planTrials, readPolicyContents } from "../../../training/sweep/plan.ts";
import { codeVersion, SweepFolder } from "../../../training/sweep/sweep-folder.ts";
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
    "robustness.json",
    "robustness.md",
  ]);
  const page = await readFile(join(report, "robustness.md"), "utf8");
  expect(page).toContain("Fewer than three seeds");
  expect(page).toContain("None of the compared pairs was trained.");
  expect(page).toContain("| lesion");
  const data = await readFile(join(report, "robustness-tested.csv"), "utf8");
  expect(data.trim().split("\n")).toHaveLength(1 + 4);
}, 60_000);

const set = {
  "training.steps": 60,
  "training.evaluateEvery": 60,
  "training.evaluationEpisodes": 1,
  "algorithm.parameters.randomSteps": 50,
};

function study(out: string, report: string, models: readonly string[], axis = "lesion") {
  return runSpikegym([
    ...["study", "robustness", "--seeds", "1", "--workers", "2", "--out", out, "--report", report, "--json"],
    ...["--set", `models=${JSON.stringify(models)}`, "--set", "engine=lagrangian"],
    ...["--set", `axes=["${axis}"]`, "--set", "severities=[0,5]", "--set", "map=null", "--set", "episodes=1"],
    ...["--set", `set=${JSON.stringify(set)}`],
  ]);
}

it("trains with and without noise, tests those trained without, and its command says only what is not by default", async () => {
  const out = join(folder, "trained");
  const report = join(folder, "trained-report");
  const { exitCode, stdout, stderr } = await study(out, report, ["hh-published"]);
  expect(stderr).not.toMatch(/error/i);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout).failed).toEqual([]);
  // Without and with each of the noises, and no training of their own for the test.
  expect(await readdir(join(out, "hh-published", "trained-reward-noise", "trials"))).toHaveLength(4);
  expect(await readdir(join(out, "hh-published", "tested", "trials"))).toHaveLength(2);

  // A model is added on another machine: what is published stays, and is not trained again.
  const elsewhere = join(folder, "elsewhere");
  const added = await study(elsewhere, report, ["hh-published", "lif"]);
  expect(added.exitCode).toBe(0);
  expect(await readdir(elsewhere)).toEqual(["lif"]);
  const page = await readFile(join(report, "robustness.md"), "utf8");
  expect(page).toContain('--set models=\'["hh-published","lif"]\' --set engine=lagrangian');
  expect(page).not.toContain("--set trainNoise");
  expect(page).toMatch(/\| hh-published +\| with noise +\| sensor-noise 0.002 \|/);
  expect(page).toMatch(/\| lif +\| with noise +\| sensor-noise 0.002 \|/);
  expect(page).toMatch(/lif, trained with against without it: \*\*too few runs to say/);
  expect(page).toMatch(/^- \*\*Robustness better than lif is not shown\*\* for hh-published/m);
  expect(page).toMatch(/^- \*\*As robust as 4lif\*\* .* not tested here/m);
  // Done already: nothing is done twice.
  const again = await study(elsewhere, report, ["hh-published", "lif"]);
  expect(JSON.parse(again.stdout)).toEqual(JSON.parse(added.stdout));

  const other = await study(elsewhere, report, ["lif"], "push");
  expect(other.exitCode).toBe(2);
  expect(other.stderr).toMatch(/robustness\.json holds a study of other settings .*choose another --report/);
  expect(await readFile(join(report, "robustness.md"), "utf8")).toBe(page);
}, 120_000);

it("a finished sweep that another version of the code ran is read, an unfinished one is refused", async () => {
  const out = join(folder, "versions");
  expect((await study(out, join(folder, "versions-report"), ["lif"])).exitCode).toBe(0);
  const sweep = join(out, "lif", "tested");
  const spec = (await SweepFolder.open(sweep)).record.spec;
  // As that version would have planned and named its trials.
  const policies = await readPolicyContents(spec);
  const [ours, theirs] = [
    [...planTrials(spec, policies, codeVersion())],
    [...planTrials(spec, policies, "0.0.1")],
  ];
  const record = JSON.parse(await readFile(join(sweep, "sweep.json"), "utf8"));
  const sha256 = createHash("sha256")
    .update(theirs.map(({ id }) => id).join(""))
    .digest("hex");
  await writeFile(join(sweep, "sweep.json"), JSON.stringify({ ...record, code: "0.0.1", sha256 }));
  await writeFile(join(sweep, "plan.jsonl"), theirs.map((trial) => `${JSON.stringify(trial)}\n`).join(""));
  for (const [i, { id }] of ours.entries()) {
    await rename(join(sweep, "trials", id), join(sweep, "trials", theirs[i]!.id));
  }
  const report = join(folder, "versions-again");
  expect((await study(out, report, ["lif"])).exitCode).toBe(0);
  expect(await readFile(join(report, "robustness.md"), "utf8")).toMatch(/Code 0\.0\.1 and |and 0\.0\.1;/);

  await rm(join(sweep, "trials", theirs[0]!.id), { recursive: true });
  const refused = await study(out, join(folder, "versions-refused"), ["lif"]);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toMatch(/as another version of the code ran it \(0\.0\.1, now/);
}, 120_000);
