import { spawnSync } from "node:child_process";
import { onTestFinished, type TestContext } from "vitest";
import { makeTemporaryFolder } from "./temporary-folder.ts";

/** A folder on a disk of its own of so many bytes; skips the test, saying why, where one cannot be mounted. */
export function makeSmallDisk(context: TestContext, bytes: number): string {
  const folder = makeTemporaryFolder();
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", folder], {
    encoding: "utf8",
  });
  if (mount.status !== 0) {
    context.skip(`a full disk needs the right to mount one: ${mount.error?.message ?? mount.stderr.trim()}`);
  }
  onTestFinished(() => {
    // It is busy when a failure has left a file open.
    const { status, stderr } = spawnSync("umount", [folder], { encoding: "utf8" });
    if (status !== 0) {
      spawnSync("umount", ["--lazy", folder]);
      throw new Error(`a file on the full disk was left open: ${stderr.trim()}`);
    }
  });
  return folder;
}
