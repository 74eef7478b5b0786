import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** A holder renews its claim this often, ms. */
const RENEW_MS = 5_000;
/** A claim of another machine that has not been renewed for this long is nobody's, ms. */
const STALE_MS = 30_000;

/**
 * Makes sure that one process at a time works in a folder: waits until the one that does has ended. Of a process of
 * this machine that is known at once, of another's by its no longer renewing the claim.
 *
 * @returns gives the folder free
 */
export async function claimWork(
  folder: string,
  onNote?: (line: string) => void,
): Promise<() => Promise<void>> {
  const file = join(folder, "claim.json");
  for (let said = false; !(await take(file)); ) {
    if (await isAbandoned(file)) {
      await rm(file, { force: true });
      continue;
    }
    if (!said) onNote?.(`${folder}: another process is still at work in it; waiting`);
    said = true;
    await wait(500);
  }
  const renew = setInterval(() => {
    // A claim that is gone has been taken away with the finished folder.
    utimes(file, new Date(), new Date()).catch(() => undefined);
  }, RENEW_MS);
  renew.unref();
  return async () => {
    clearInterval(renew);
    await rm(file, { force: true });
  };
}

async function take(file: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx");
    await handle.writeFile(JSON.stringify({ host: hostname(), pid: process.pid }));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function isAbandoned(file: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(file);
    if (Date.now() - mtimeMs > STALE_MS) return true;
    const { host, pid } = JSON.parse(await readFile(file, "utf8")) as { host: string; pid: number };
    return host === hostname() && !isAlive(pid);
  } catch {
    // Just given free, or just taken and not yet written: look again.
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
