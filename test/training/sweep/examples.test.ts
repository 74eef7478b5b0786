import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../../training/package-root.ts";
import { planTrials } from "../../../training/sweep/plan.ts";
import { readSweepSpec } from "../../../training/sweep/spec.ts";

const folder = join(packageRoot(), "examples", "sweeps");
const names = await readdir(folder);

it.each(names)("%s can be planned", async (name) => {
  const spec = await readSweepSpec(join(folder, name));
  const policies = (spec.policies ?? []).map((path) => ({ path, sha256: "0" }));
  const trials = [...planTrials(spec, policies, "1")];
  expect(trials.length).toBeGreaterThan(10);
  expect(new Set(trials.map(({ id }) => id)).size).toBe(trials.length);
});
