import { expect, it } from "vitest";
import { showVersions } from "../../training/show-versions.ts";

const COMMIT = "5a28f2a1090123456789012345678901234567ab";

it("a commit is cut short, and still says that the files differed from it", () => {
  expect(showVersions([{ spikegym: "0.1.0", commit: COMMIT }])).toBe("spikegym 0.1.0, commit 5a28f2a109");
  expect(showVersions([{ commit: `${COMMIT}+` }])).toBe("commit 5a28f2a109+");
});

it("says both where some runs were made of the commit itself and some of changed files", () => {
  const runs = [{ commit: COMMIT }, { commit: `${COMMIT}+` }, { commit: COMMIT }];
  expect(showVersions(runs)).toBe("commit 5a28f2a109 and 5a28f2a109+");
});
