import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package: the checkout, or `node_modules/spikegym`; found upwards because `dist/` adds a level. */
export function packageRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) throw new Error(`packageRoot: no package.json above ${here}`);
  }
}

/** The version of package.json. */
export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as {
    version: string;
  };
  return manifest.version;
}

/** The checkout's commit, with `+` when files differ from it; null in an installed package. */
export function packageCommit(): string | null {
  const root = packageRoot();
  // An installed package may sit inside someone else's repository, whose commit says nothing about it.
  if (!existsSync(join(root, ".git"))) return null;
  try {
    const git = (...args: string[]): string =>
      execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    const commit = git("rev-parse", "HEAD");
    return git("status", "--porcelain", "--untracked-files=no") === "" ? commit : `${commit}+`;
  } catch {
    // No git on this machine: the version alone has to identify the code.
    return null;
  }
}
