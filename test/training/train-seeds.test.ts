import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseRunConfig, type RunConfig } from "../../training/config.ts";
import { createSeedGroup, readSeedGroup } from "../../training/seeds/seed-group.ts";
import { trainSeeds } from "../../training/seeds/train-seeds.ts";
import { train } from "../../training/trainer.ts";

// Each run is a process of its own, whose start alone takes a second or two of a free core.
vi.setConfig({ testTimeout: 240_000 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spikegym-seeds-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function tinyRun(changes: Record<string, unknown> = {}): RunConfig {
  return parseRunConfig({
    preset: "test",
    seed: 3,
    environment: { id: "InvertedPendulum-v5" },
    algorithm: { id: "sac", parameters: { batchSize: 8, criticHidden: [8] } },
    policy: {
      neuron: { id: "lif" },
      encoder: { id: "latest-window", parameters: { window: 2, repeat: 1 } },
      population: 8,
      hidden: [8],
    },
    training: { steps: 200, evaluateEvery: 100, evaluationEpisodes: 2, checkpointEvery: 100 },
    ...changes,
  });
}

const metricsOf = (run: string) => readFile(join(run, "metrics.jsonl"), "utf8");

describe("several seeds in processes", () => {
  it("each gives what it gives alone, to the bit, and together interquartile mean and interval", async () => {
    const group = await createSeedGroup(join(folder, "group"), tinyRun(), [3, 4]);
    const steps: number[] = [];
    const summary = await trainSeeds(group, { workers: 2, onProgress: (p) => steps.push(p.steps) });
    expect(summary.complete).toBe(true);
    expect(summary.runs.map((run) => run.seed)).toEqual([3, 4]);
    expect(steps.at(-1)).toBe(400);
    const finals = summary.runs.map((run) => run.finalReturn!);
    expect(summary.finalReturn!.value).toBeCloseTo((finals[0]! + finals[1]!) / 2, 10);
    expect(summary.finalReturn!.ci95[0]).toBeLessThanOrEqual(summary.finalReturn!.value);
    expect(JSON.parse(await readFile(join(group.path, "summary.json"), "utf8"))).toEqual(summary);

    const card = await readFile(join(group.path, "card.md"), "utf8");
    for (const [, file] of card.matchAll(/\]\(([^)]+)\)/g)) {
      expect(existsSync(join(group.path, file!)), file).toBe(true);
    }
    expect(card).toContain("[4](seed-4/card.md)");

    await train(tinyRun({ seed: 4 }), { out: join(folder, "alone") });
    expect(await metricsOf(join(group.path, "seed-4"))).toBe(await metricsOf(join(folder, "alone")));
  });

  it("stopped, it leaves seeds that go on to the same end; complete ones are left alone", async () => {
    const config = tinyRun({ training: { ...tinyRun().training, steps: 1500, evaluateEvery: 1500 } });
    const group = await createSeedGroup(join(folder, "group"), config, [1, 2]);
    const stop = new AbortController();
    const first = await trainSeeds(group, {
      workers: 1,
      signal: stop.signal,
      onProgress: ({ steps }) => {
        if (steps > 0) stop.abort();
      },
    });
    expect(first.complete).toBe(false);
    expect(existsSync(join(group.path, "seed-2"))).toBe(false);
    const again = await trainSeeds(await readSeedGroup(group.path), { workers: 2 });
    expect(again.complete).toBe(true);
    await train({ ...config, seed: 1 }, { out: join(folder, "alone") });
    expect(await metricsOf(join(group.path, "seed-1"))).toBe(await metricsOf(join(folder, "alone")));
    const settled: string[] = [];
    const third = await trainSeeds(group, {
      workers: 1,
      onOutcome: ({ job }) => void settled.push(job.name),
    });
    expect(third).toEqual(again);
    expect(settled).toEqual(["seed 1", "seed 2"]);
  });

  it("one that fails does not hold up the others, and says why", async () => {
    const config = tinyRun({ environment: { id: "InvertedPendulum-v5", parameters: { poleMassKg: -1 } } });
    const group = await createSeedGroup(join(folder, "group"), config, [0, 1]);
    const summary = await trainSeeds(group, { workers: 1 });
    expect(summary.failed.map(({ seed }) => seed)).toEqual([0, 1]);
    expect(summary.failed[0]!.error).toMatch(/"poleMassKg" is -1/);
    expect(summary.finalReturn).toBeNull();
  });

  it("refuses a folder that holds runs already, and one with other settings", async () => {
    const group = await createSeedGroup(join(folder, "group"), tinyRun(), [0]);
    await expect(createSeedGroup(group.path, tinyRun(), [0])).rejects.toThrow(
      /already holds runs; go on with/,
    );
    await train(tinyRun({ seed: 0, training: { ...tinyRun().training, evaluateEvery: 50 } }), {
      out: join(group.path, "seed-0"),
    });
    await expect(trainSeeds(group, { workers: 1 })).rejects.toThrow(
      /seed-0 holds a run with other settings \("training\.evaluateEvery" is 50, expected 100\)/,
    );
  });
});
