import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runSpikegym } from "./run-for-tests.ts";

// Each run is a process of its own, whose start alone takes a second or two of a free core.
vi.setConfig({ testTimeout: 240_000 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spikegym-train-seeds-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("train --seeds", () => {
  it("prints one document with each seed's run and what they say together; --resume leaves complete seeds alone", async () => {
    const out = join(folder, "runs");
    const first = await runSpikegym(
      `train tuned/single-lif --seeds 2 --seed 5 --workers 2 --steps 150 --set training.evaluationEpisodes=1 --json --out ${out}`.split(
        " ",
      ),
    );
    expect(first.exitCode, first.stderr).toBe(0);
    const summary = JSON.parse(first.stdout);
    expect(summary.seeds).toEqual([5, 6]);
    expect(summary.runs.map((run: { seed: number; steps: number }) => [run.seed, run.steps])).toEqual([
      [5, 150],
      [6, 150],
    ]);
    expect(summary.finalReturn.ci95).toHaveLength(2);
    const again = await runSpikegym(["train", "--resume", out, "--json"]);
    expect(again.exitCode, again.stderr).toBe(0);
    expect(JSON.parse(again.stdout)).toEqual(summary);

    const over = await runSpikegym(["train", "tuned/single-lif", "--seeds", "2", "--out", out]);
    expect(over).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/already holds runs; go on with --resume/),
    });
    const changed = await runSpikegym(["train", "--resume", out, "--steps", "300"]);
    expect(changed).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/--steps cannot go with --resume/),
    });
  });

  it("refuses what makes no sense in one line", async () => {
    for (const [args, message] of [
      ["train tuned/single-lif --workers 2", /--workers is for --seeds/],
      ["train tuned/single-lif --seeds 0", /Expected an integer from 1 to 10000/],
      ["train --seeds 2", /expected a preset/],
      [`train --seeds 2 --resume ${folder}`, /--seeds cannot go with --resume .*, which is a single run/],
    ] as const) {
      const { exitCode, stderr, stdout } = await runSpikegym(args.split(" "));
      expect(stderr).toMatch(message);
      expect([exitCode, stdout, stderr.trim().split("\n").length]).toEqual([2, "", 1]);
    }
  });
});
