import type { Stats } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { FileError, SpikegymError } from "../core/errors.ts";
import { describeFileFailure } from "../training/atomic-file.ts";

/** One replay file on offer. */
export interface ReplayEntry {
  /** What the viewer calls it: unique, with `/` between folders. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** When it was last written, ms since 1970. */
  readonly modifiedMs: number;
}

/** The first bytes of every MCAP file (https://mcap.dev/spec#magic). */
const MAGIC = Buffer.from([0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a]);

/** How deep replay files are looked for in a folder: `runs/<run>/replays/<file>` is three. */
const DEPTH = 3;

/**
 * The replay files among what a user named: files as they are, folders with the `.mcap` files in them. Newest first.
 *
 * Links inside a folder are not followed, so that nothing outside it is ever offered.
 *
 * @throws FileError when a path is not there, or a named file is no MCAP file
 */
export async function findReplays(paths: readonly string[]): Promise<ReplayEntry[]> {
  const entries = new Map<string, ReplayEntry>();
  const add = async (path: string, name: string): Promise<void> => {
    const { size, mtimeMs } = await statPath(path);
    // Two files of one name, from two folders: the second is `name (2)`, and so on.
    const unique = (n: number): string => (n === 1 ? name : name.replace(/(\.mcap)?$/, ` (${n})$1`));
    let n = 1;
    while (entries.has(unique(n)) && entries.get(unique(n))?.path !== path) n++;
    entries.set(unique(n), { name: unique(n), path, bytes: size, modifiedMs: mtimeMs });
  };
  for (const path of paths) {
    if ((await statPath(path)).isDirectory()) {
      for (const file of await findIn(path, DEPTH)) {
        await add(file, relative(path, file).split(sep).join("/"));
      }
    } else {
      await refuseForeign(path);
      await add(path, basename(path));
    }
  }
  return [...entries.values()].sort((a, b) => b.modifiedMs - a.modifiedMs);
}

async function findIn(folder: string, depth: number): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile() && entry.name.endsWith(".mcap")) found.push(path);
    else if (entry.isDirectory() && depth > 1 && !entry.name.startsWith(".")) {
      found.push(...(await findIn(path, depth - 1)));
    }
  }
  return found;
}

async function statPath(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    throw describeFileFailure("read", path, error);
  }
}

/** Only the beginning is looked at: a cut-off file can still be shown up to where it ends. */
async function refuseForeign(path: string): Promise<void> {
  const file = await open(path).catch((error: unknown) => {
    throw describeFileFailure("read", path, error);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0);
    if (bytesRead < MAGIC.length || !buffer.equals(MAGIC)) {
      throw new FileError(
        `${path} is no replay file: it does not start as MCAP files do; record one with spikegym eval RUN --record FILE`,
      );
    }
  } finally {
    await file.close();
  }
}

/** Throws when there is nothing to show in what a user named. */
export function requireReplays(entries: readonly ReplayEntry[], paths: readonly string[]): void {
  if (entries.length === 0 && paths.length > 0) {
    throw new SpikegymError(
      `no replay files (*.mcap) in ${paths.join(", ")}; record one with spikegym eval RUN --record FILE`,
    );
  }
}
