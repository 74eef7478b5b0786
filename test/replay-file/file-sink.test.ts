import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FileError } from "../../core/errors.ts";
import { loadReplay } from "../../core/replay-file/load-replay.ts";
import { ReplayFileSink } from "../../training/replay-file-sink.ts";
import { writeSampleReplay } from "./sample-replay.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spikegym-sink-"));
});

afterEach(() => rm(folder, { recursive: true }));

test("the file appears under its name whole, and the old one stands until then", async () => {
  const path = join(folder, "a.mcap");
  await writeFile(path, "old");
  const sink = await ReplayFileSink.open(path);
  await sink.write(Uint8Array.of(1, 2));
  expect(await readFile(path, "utf8")).toBe("old");
  await sink.write(Uint8Array.of(3));
  await sink.close();
  expect([...(await readFile(path))]).toEqual([1, 2, 3]);
  expect(existsSync(`${path}.partial`)).toBe(false);
});

test("a replay written to disk is read back whole", async () => {
  const path = join(folder, "b.mcap");
  await writeSampleReplay(await ReplayFileSink.open(path), 5);
  const replay = await loadReplay(new Uint8Array(await readFile(path)), "b.mcap");
  expect(replay.whole).toBe(true);
  expect(replay.episodes.map((episode) => episode.steps)).toEqual([5, 5]);
});

test("a folder that is not there is a FileError that names the path", async () => {
  const path = join(folder, "missing", "c.mcap");
  const error = await ReplayFileSink.open(path).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FileError);
  expect((error as FileError).message).toContain(path);
});

test.skipIf(!existsSync("/dev/full"))("a full disk is a FileError in one line", async () => {
  // /dev/full takes a file's place: every write to it fails as on a full disk.
  await symlink("/dev/full", join(folder, "e.mcap.partial"));
  const full = await ReplayFileSink.open(join(folder, "e.mcap"));
  const error = await full.write(new Uint8Array(10)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FileError);
  expect((error as FileError).message).toMatch(/e\.mcap[^\n]*$/);
});
