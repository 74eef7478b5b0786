import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { makeTemporaryFolder } from "../training/temporary-folder.ts";
import { runSpikegym } from "./run-for-tests.ts";

describe("spikegym reproduce", () => {
  it("makes a figure with its data, its pages and a verdict a setting", async () => {
    const out = makeTemporaryFolder();
    const { exitCode, stdout } = await runSpikegym(["reproduce", "5b", "--out", out, "--json"]);
    expect(exitCode).toBe(0);
    const made = JSON.parse(stdout);
    for (const file of [made.figure, made.table, made.html, made.json, made.book, made.readme]) {
      expect(existsSync(file), file).toBe(true);
    }
    expect(made.verdicts.published.holds).toBe("holds");
    expect(made.verdicts.matched.sentence).toMatch(/hh-fc has 0\.25 times the parameters/);
  });

  it.skipIf(existsSync("data/multitask"))("says how to get the data that a figure needs", async () => {
    const out = makeTemporaryFolder();
    const { exitCode, stderr } = await runSpikegym(["reproduce", "4c", "--out", out]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("spikegym multitask data --download");
  });

  it("names the nearest figure and the nearest part of a scale", async () => {
    const figure = await runSpikegym(["reproduce", "4x"]);
    expect([figure.exitCode, figure.stderr]).toEqual([2, expect.stringMatching(/"4x".*known: all, 3d/)]);
    const scale = await runSpikegym(["reproduce", "5b", "--set", "epoch=2"]);
    expect([scale.exitCode, scale.stderr]).toEqual([2, expect.stringMatching(/epochs/)]);
  });
});
