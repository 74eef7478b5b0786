import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CostAccount } from "../../training/cost/model-cost.ts";
import { makeTemporaryFolder } from "../training/temporary-folder.ts";
import { runSpikegym } from "./run-for-tests.ts";

describe("spikegym cost", () => {
  it("accounts for classifiers, policies and bottlenecks alike: published, executed, spikes, bytes", async () => {
    const out = makeTemporaryFolder();
    const models = "lif-fc,s-lif2hh-conv,hh-published-rl,lif-vib";
    const { exitCode: code, stdout } = await runSpikegym([
      "cost",
      "--models",
      models,
      "--rounds",
      "0",
      "--out",
      out,
      "--json",
    ]);
    expect(code).toBe(0);
    const { models: all } = JSON.parse(stdout) as CostAccount;
    expect(all.map(({ id, parameters }) => [id, parameters])).toEqual([
      ["lif-fc", 690_734],
      ["s-lif2hh-conv", 166_104],
      ["hh-published-rl", 67_842],
      ["lif-vib", 931_860],
    ]);
    expect(all.map(({ multiplications }) => multiplications)).toEqual([10_001_920, 22_177_800, null, null]);
    for (const model of all) {
      expect(model.executedOperations.multiplications).toBeGreaterThan(0);
      expect(model.spikesPerInference).toBeGreaterThan(0);
      expect(model.synapticOperations).toBeGreaterThan(model.spikesPerInference!);
      expect(model.trainingBytes).toBeGreaterThan(16 * model.parameters);
      expect(model.trainStepMs).toBeNull();
    }
    const page = await readFile(join(out, "cost.md"), "utf8");
    expect(page).toContain("22.1778*");
    expect((await readFile(join(out, "cost.csv"), "utf8")).trim().split("\n")).toHaveLength(5);
  });

  it("times in turns when asked to", async () => {
    const { stdout } = await runSpikegym(["cost", "--models", "ann-rl,ann-fc", "--rounds", "1", "--json"]);
    for (const model of (JSON.parse(stdout) as CostAccount).models) {
      expect(model.trainStepMs).toBeGreaterThan(0);
      expect(model.inferenceMs).toBeGreaterThan(0);
    }
  });

  it("names the nearest model for one that is not there", async () => {
    const { exitCode: code, stderr } = await runSpikegym(["cost", "--models", "lif-cf"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/lif-cf.*lif-fc/);
  });
});
