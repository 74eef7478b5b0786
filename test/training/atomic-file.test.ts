import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FileError } from "../../core/errors.ts";
import { writeFileAtomically } from "../../training/atomic-file.ts";
import { makeSmallDisk } from "./small-disk.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

describe("writeFileAtomically", () => {
  it("writes text and pieces, makes the folder, leaves no partial file", async () => {
    const folder = join(makeTemporaryFolder(), "new", "folder");
    await writeFileAtomically(join(folder, "a"), "wörter\n");
    await writeFileAtomically(join(folder, "a"), [Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)]);
    await writeFileAtomically(join(folder, "b"), "wörter\n");
    expect([...readFileSync(join(folder, "a"))]).toEqual([1, 2, 3]);
    expect(readFileSync(join(folder, "b"), "utf8")).toBe("wörter\n");
    expect(readdirSync(folder)).toEqual(["a", "b"]);
  });

  it("leaves the old file when the writing fails half way", async () => {
    const folder = makeTemporaryFolder();
    const path = join(folder, "a");
    writeFileSync(path, "old");
    const pieces = (function* () {
      yield Buffer.from("new, but only ha");
      throw new Error("pulled the plug");
    })();
    await expect(writeFileAtomically(path, pieces)).rejects.toThrow("pulled the plug");
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["a"]);
  });

  it("leaves the old file on a full disk and says so in one line", async (context) => {
    const folder = makeSmallDisk(context, 65_536);
    const path = join(folder, "a");
    await writeFileAtomically(path, "old");
    const failure = await writeFileAtomically(path, [new Uint8Array(200_000)]).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(FileError);
    expect((failure as Error).message).toMatch(
      /^cannot write .*a: the disk is full.*\[ENOSPC\].*untouched\)$/,
    );
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["a"]);
  });

  it("says what is wrong when a folder has the file's name, or a file the folder's", async () => {
    const folder = makeTemporaryFolder();
    mkdirSync(join(folder, "a"));
    writeFileSync(join(folder, "b"), "");
    await expect(writeFileAtomically(join(folder, "a"), "x")).rejects.toThrow(/a: it is a folder/);
    await expect(writeFileAtomically(join(folder, "b", "c"), "x")).rejects.toThrow(FileError);
  });
});
