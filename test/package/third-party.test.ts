import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../training/package-root.ts";

const root = packageRoot();
const permissive = /^(MIT|ISC|0BSD|BSD-2-Clause|BSD-3-Clause|Apache-2\.0)$/;

it("THIRD_PARTY.md lists what an install brings along as it is now, and every licence is permissive", () => {
  const script = join(root, "scripts/write-third-party.mjs");
  const now = execFileSync(process.execPath, [script, "--print"], { encoding: "utf8" });
  expect(readFileSync(join(root, "THIRD_PARTY.md"), "utf8")).toBe(now);
  const licences = [...now.matchAll(/^\| `[^`]+` \| [^|]+ \| ([^|]+) \|/gm)].map((match) => match[1]!.trim());
  expect(licences.length).toBeGreaterThan(20);
  expect(licences.filter((licence) => !permissive.test(licence))).toEqual([]);
});
