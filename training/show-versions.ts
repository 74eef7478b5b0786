import { shortCommit } from "./short-commit.ts";

/** "spikegym 0.1.0, node 20.20.2, commit 5a28f2a109 and 6147f4c001+": whatever differs between runs, each once. */
export function showVersions(runs: readonly Readonly<Record<string, string>>[]): string {
  const names = new Set(runs.flatMap((versions) => Object.keys(versions)));
  return [...names]
    .map((name) => {
      const values = new Set(runs.flatMap((versions) => versions[name] ?? []));
      const shown = [...values].map((value) => (name === "commit" ? shortCommit(value) : value));
      return `${name} ${shown.join(" and ")}`;
    })
    .join(", ");
}
