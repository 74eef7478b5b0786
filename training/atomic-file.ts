import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FileError } from "../core/errors.ts";

/**
 * Writes a whole file so that a kill, a crash or a full disk at any moment leaves either the old file or the new one.
 *
 * The bytes go to a hidden neighbour, are forced to the disk, and the neighbour then takes the file's name (rename is
 * atomic within a folder). The folder is made when it is missing.
 *
 * @param content text (UTF-8), or pieces written one after another without being put together in memory
 * @throws FileError one line; what was at `path` before is still there
 */
export async function writeFileAtomically(
  path: string,
  content: string | Iterable<Uint8Array>,
): Promise<void> {
  const folder = dirname(path);
  // The process id keeps two writers apart; a leftover of a killed one is overwritten by the next with that id.
  const partial = join(folder, `.${basename(path)}.${process.pid}.partial`);
  let file: FileHandle | undefined;
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw describeFileFailure("write", path, error);
  }
  try {
    file = await open(partial, "w");
    for (const piece of typeof content === "string" ? [Buffer.from(content, "utf8")] : content) {
      await writeWhole(file, piece);
    }
    await file.sync();
    await file.close();
    file = undefined;
    await rename(partial, path);
    await syncFolder(folder);
  } catch (error) {
    await file?.close();
    await rm(partial, { force: true });
    throw describeFileFailure("write", path, error);
  }
}

/** One `write` may take only part of the bytes, near a full disk for instance; the next one then says why. */
async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done);
    done += bytesWritten;
  }
}

/** Makes the new name itself survive a loss of power. */
async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder, and needs no such call.
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full; free some space and try again",
  EDQUOT: "the disk quota is used up; free some space and try again",
  EACCES: "no permission",
  EPERM: "no permission",
  EROFS: "the disk is read-only",
  ENOENT: "no such file or folder",
  EISDIR: "it is a folder, expected a file",
  ENOTDIR: "a part of its path is a file, expected a folder",
  EEXIST: "a file of that name is in the way",
};

/** The operating system's refusal as one line a user can act on; other errors are handed back as they are. */
export function describeFileFailure(verb: "read" | "write", path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const code = String(error.code);
  const kept = verb === "write" ? " (what was there before is untouched)" : "";
  return new FileError(`cannot ${verb} ${path}: ${CAUSES[code] ?? error.message} [${code}]${kept}`, {
    cause: error,
  });
}
