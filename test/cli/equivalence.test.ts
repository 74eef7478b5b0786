import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeIdx } from "../../multitask/data/idx.ts";
import { runSpikegym } from "./run-for-tests.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "spikegym-equivalence-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function equivalence(...args: string[]): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await runSpikegym(["equivalence", "--json", ...args]);
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe("equivalence", () => {
  it("xor: equal counts in all cases, a list of spikes for each, and a picture", async () => {
    const out = join(folder, "xor.svg");
    const result = await equivalence("xor", "--out", out);
    expect(result).toMatchObject({ kind: "xor", countsEqual: true });
    expect((result.hh as { spikeTimesMs: unknown[] }).spikeTimesMs).toHaveLength(4);
    expect(result.maxAbsVoltageDifferenceMv).toBeLessThan(0.24);
    expect(readFileSync(out, "utf8")).toContain("tv-LIF2HH");
  });

  it("dense: takes an image from an IDX file", async () => {
    const path = join(folder, "images");
    const values = new Uint8Array(2 * 784).fill(100, 784);
    writeFileSync(path, encodeIdx({ shape: [2, 28, 28], values }));
    const bright = await equivalence("dense", "--image", path, "--image-index", "1");
    expect(bright).toMatchObject({ kind: "dense", countsEqual: true, hiddenCountsEqual: true });
    expect((bright.hh as { spikeTimesMs: unknown[][] }).spikeTimesMs[0]!.length).toBeGreaterThan(2);
  });

  it("chain: one input gives flat lists, none gives all five", async () => {
    const one = await equivalence("chain", "--input", "constant");
    expect(one).toMatchObject({ input: "constant", settings: "published", countsEqual: true });
    expect((one.lif as { spikeTimesMs: number[] }).spikeTimesMs).toEqual([14, 29, 44, 59, 74]);
    const all = await equivalence("chain");
    expect(all).toMatchObject({ countsEqual: false });
    expect(all.inputs).toHaveLength(5);
  });

  const bad: [what: string, args: string[], message: RegExp][] = [
    ["an unknown kind", ["nor"], /'nor' is invalid.*Allowed choices are xor, dense, chain/],
    ["an unknown input", ["chain", "--input", "sin"], /unknown input "sin"; did you mean "sine"/],
    ["an unknown setting", ["chain", "--settings", "best"], /Allowed choices are published, fitted/],
    ["an input for xor", ["xor", "--input", "sine"], /--input is for chain/],
    ["an image for the chain", ["chain", "--image", "x"], /--image is for dense/],
    ["a missing image", ["dense", "--image", "no/such"], /is missing/],
    ["a picture of unknown kind", ["xor", "--out", "a.pdf"], /ends in "\.pdf", expected \.svg or \.png/],
  ];
  it.each(bad)("answers %s with one line", async (_, args, message) => {
    const { exitCode, stdout, stderr } = await runSpikegym(["equivalence", ...args]);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  });
});
