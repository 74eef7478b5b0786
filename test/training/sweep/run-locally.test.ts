import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runLocally } from "../../../training/sweep/run-locally.ts";
import { parseSweepSpec } from "../../../training/sweep/spec.ts";
import { SweepFolder } from "../../../training/sweep/sweep-folder.ts";
import { runSpikegym } from "../../cli/run-for-tests.ts";
import { checkComplete, evaluationSweep, trainSmallPolicy, writeSpec } from "./sweep-for-tests.ts";

let folder: string;
let policy: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "spikegym-sweep-"));
  policy = await trainSmallPolicy(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const SMALL = {
  "algorithm.parameters.randomSteps": 50,
  "algorithm.parameters.criticHidden": [8],
  "policy.hidden": [8],
  "policy.population": 8,
  "training.steps": 150,
  "training.evaluateEvery": 150,
  "training.evaluationEpisodes": 1,
};

describe("a sweep on this machine", () => {
  it("trains and evaluates, stops at Ctrl-C and goes on; a repeat is a no-op", async () => {
    const spec = await writeSpec(folder, {
      name: "both",
      train: { preset: "tuned/double-lif", set: SMALL },
      evaluate: { episodes: 1 },
      axes: { "algorithm.parameters.gamma": [0.9, 0.99], "perturb.sensor-noise": [0, 1] },
    });
    const out = join(folder, "both");
    const stop = new AbortController();
    stop.abort();
    const stopped = await runSpikegym(["sweep", "run", spec, "--out", out], stop.signal);
    expect(stopped).toMatchObject({ exitCode: 1 });
    expect(stopped.stderr).toContain("0 of 6 trials are done");
    const whole = await runSpikegym(["sweep", "run", spec, "--out", out, "--json"]);
    expect(whole.stderr).not.toContain("failed");
    expect(JSON.parse(whole.stdout)).toMatchObject({ trials: 6, done: 6, failed: 0, running: 0 });
    expect(await checkComplete(await SweepFolder.open(out))).toEqual([]);
    const again = await runSpikegym(["sweep", "run", spec, "--out", out, "--json"]);
    expect(JSON.parse(again.stdout)).toMatchObject({ done: 6 });
    expect(JSON.parse(again.stdout).wallSeconds).toBeLessThan(JSON.parse(whole.stdout).wallSeconds);
  }, 60_000);

  it("shards do disjoint parts of it, whose results are those of one run", async () => {
    const results = async (sweep: SweepFolder) => {
      const found: Record<string, unknown> = {};
      for await (const { id } of sweep.trials()) {
        const { wallSeconds, ...result } = JSON.parse(
          await readFile(join(sweep.trialPath(id), "result.json"), "utf8"),
        );
        expect(wallSeconds).toBeGreaterThan(0);
        found[id] = result;
      }
      return found;
    };
    const whole = await SweepFolder.plan(join(folder, "whole"), {
      ...evaluationSweep(policy, 2),
      seeds: [0, 1, 2],
    });
    await runLocally(whole, { workers: 2 });
    const parts = await SweepFolder.plan(join(folder, "parts"), whole.record.spec);
    const first = await runLocally(parts, { workers: 1, shard: { index: 0, count: 2 } });
    const second = await runLocally(parts, { workers: 1, shard: { index: 1, count: 2 } });
    expect([first.done, second.done]).toEqual([3, 3]);
    expect(await results(parts)).toEqual(await results(whole));
  }, 60_000);

  it("a training trial whose process is killed goes on from its checkpoint", async () => {
    const sweep = await SweepFolder.plan(
      join(folder, "killed"),
      parseSweepSpec(
        {
          name: "killed",
          train: {
            preset: "tuned/double-lif",
            set: {
              ...SMALL,
              "training.steps": 1500,
              "training.evaluateEvery": 1500,
              "training.checkpointEvery": 100,
            },
          },
          retries: 1,
        },
        "test",
      ),
    );
    const { value: trial } = await sweep.trials().next();
    const work = sweep.workPath(trial.id);
    const notes: string[] = [];
    const running = runLocally(sweep, { workers: 1, onNote: (line) => notes.push(line) });
    const latest = join(work, "run", "checkpoints", "latest.previous.json");
    while (!existsSync(latest)) await wait(20);
    const begun = (await stat(join(work, "run", "config.json"))).mtimeMs;
    const { pid } = JSON.parse(await readFile(join(work, "claim.json"), "utf8"));
    process.kill(pid, "SIGKILL");
    expect(await running).toMatchObject({ done: 1, failed: 0 });
    const run = join(sweep.trialPath(trial.id), "run");
    expect((await stat(join(run, "config.json"))).mtimeMs).toBe(begun);
    const metrics = (await readFile(join(run, "metrics.jsonl"), "utf8")).trim().split("\n");
    const steps = metrics.map((line) => JSON.parse(line).step as number);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(existsSync(work)).toBe(false);
  }, 120_000);

  it("a trial that cannot be done is reported, holds up no other, and is tried again only on retry", async () => {
    const sweep = await SweepFolder.plan(
      join(folder, "failing"),
      parseSweepSpec(
        {
          name: "failing",
          policies: policy,
          evaluate: { episodes: 1, perturb: { "sensor-noise": { level: [0.1, 0.2], dimensions: [50] } } },
          axes: { "perturb.sensor-bias": [0] },
        },
        "test",
      ),
    );
    expect(await runLocally(sweep, { workers: 1 })).toMatchObject({ done: 0, failed: 2, total: 2 });
    const [failure] = await sweep.failures();
    expect(failure).toMatchObject({ attempts: 1 });
    expect(failure!.error).toContain("dimension 50, expected 0 to 8");
    expect(await runLocally(sweep, { workers: 1 })).toMatchObject({ failed: 2 });
    expect(await sweep.forgetFailures()).toBe(2);
    expect(await sweep.count()).toMatchObject({ failed: 0 });
  }, 60_000);
});
