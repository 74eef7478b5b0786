import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { SpikegymError } from "../core/errors.ts";
import { locatePolicy } from "../training/policy.ts";
import { encodePolicy, withoutTraining } from "../training/policy-file.ts";
import { readLearner, readRunRecord } from "../training/run-folder.ts";

/** A run with a policy. */
export interface RunEntry {
  /** Unique, with `/` between folders. */
  readonly name: string;
  readonly path: string;
  /** What it is, in a line. */
  readonly summary: string;
}

/** How deep runs are looked for in a folder: `runs/<run>`, and `runs/<group>/<seed>`. */
const DEPTH = 3;

/**
 * The runs among what a user named: the folders themselves and those in them. Links are not followed. A folder that
 * looks like a run but cannot be read is passed over: the list is an offer, not a check.
 */
export async function findRuns(paths: readonly string[]): Promise<RunEntry[]> {
  const entries: RunEntry[] = [];
  for (const path of paths) {
    if (isRun(path)) await add(path, basename(path));
    else {
      for (const run of await findIn(path, DEPTH)) {
        await add(run, relative(path, run).split(sep).join("/"));
      }
    }
  }
  return entries;

  async function add(path: string, name: string): Promise<void> {
    if (entries.some((entry) => entry.name === name)) return;
    try {
      const { config } = await readRunRecord(path);
      const { policy, algorithm, environment, preset, seed } = config;
      const summary = `${preset}, seed ${seed}: ${algorithm.id.toUpperCase()}, ${policy.population} ${policy.neuron.id} neurons, ${environment.id}`;
      entries.push({ name, path, summary });
    } catch (error) {
      if (!(error instanceof SpikegymError)) throw error;
    }
  }
}

function isRun(path: string): boolean {
  return (
    existsSync(join(path, "config.json")) &&
    (existsSync(join(path, "checkpoints", "best.json")) ||
      existsSync(join(path, "checkpoints", "latest.json")))
  );
}

async function findIn(folder: string, depth: number): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    // A replay file among the named paths, or a folder that has gone meanwhile.
    if (error.code === "ENOTDIR" || error.code === "ENOENT") return [];
    throw error;
  });
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    if (isRun(path)) found.push(path);
    else if (depth > 1) found.push(...(await findIn(path, depth - 1)));
  }
  return found.sort();
}

/** The best policy of a run as the pieces of a policy file. Throws a FileError where it cannot be read. */
export async function readRunPolicy(path: string): Promise<Uint8Array[]> {
  const { run, checkpoint } = locatePolicy(path);
  const { config } = await readRunRecord(run);
  const { arrays, state } = await readLearner(run, checkpoint);
  return encodePolicy({ config, learner: withoutTraining({ arrays, state }), facts: { checkpoint } });
}
