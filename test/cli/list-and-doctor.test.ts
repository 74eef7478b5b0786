import { describe, expect, it } from "vitest";
import { runSpikegym } from "./run-for-tests.ts";

describe("spikegym list", () => {
  it("prints one JSON document with every catalogue, each entry with id and summary", async () => {
    const { exitCode, stdout, stderr } = await runSpikegym(["list", "--json"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const sections = JSON.parse(stdout) as Record<string, { id: string; summary: string }[]>;
    expect(Object.keys(sections)).toEqual([
      "environments",
      "engines",
      "neurons",
      "encoders",
      "readouts",
      "algorithms",
      "perturbations",
      "presets",
    ]);
    const ids = (section: string) => sections[section]!.map(({ id }) => id);
    expect(ids("environments")).toEqual(
      expect.arrayContaining(["InvertedPendulum-v5", "InvertedDoublePendulum-v5"]),
    );
    expect(ids("engines")).toEqual(expect.arrayContaining(["matter", "lagrangian"]));
    expect(ids("neurons")).toEqual(expect.arrayContaining(["ann", "lif", "hh", "hh-published"]));
    expect(ids("algorithms")).toContain("sac");
    for (const entry of Object.values(sections).flat()) {
      expect(entry.summary, entry.id).toMatch(/\S{2}/);
    }
  });

  it("says the same to people, a line an entry", async () => {
    const { exitCode, stdout } = await runSpikegym(["list"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^environments\n {2}CartPole-v1 {2,}\S/m);
  });
});

describe("spikegym doctor", () => {
  it("names what there is, and for all that is missing how to get it", async () => {
    const { exitCode, stdout } = await runSpikegym(["doctor", "--json"]);
    const { checks } = JSON.parse(stdout) as {
      checks: { id: string; ok: boolean; required: boolean; note: string }[];
    };
    const missing = checks.filter((check) => check.required && !check.ok);
    expect(exitCode).toBe(missing.length === 0 ? 0 : 1);
    expect(checks.find(({ id }) => id === "node")).toEqual({
      id: "node",
      ok: true,
      required: true,
      note: process.versions.node,
    });
    expect(checks.find(({ id }) => id === "tfjs")?.note).toMatch(/backend "spikegym"/);
    for (const check of checks) expect(check.note, check.id).not.toBe("");
  });
});
