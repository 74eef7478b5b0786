import { spawn } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FileError } from "../../core/errors.ts";
import { readCheckpoint, writeCheckpoint } from "../../training/checkpoint.ts";
import { makeSmallDisk } from "./small-disk.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

const checkpoint = (step: number) => ({
  arrays: {
    weights: { shape: [2, 2], values: Float32Array.of(step, -0, Number.NaN, 1e-45) },
    counts: { shape: [1], values: Int32Array.of(step) },
  },
  state: { step, odd: [-0, Number.NaN, Number.NEGATIVE_INFINITY], text: "ä" },
});

const arraysFile = (folder: string) => {
  const document = JSON.parse(readFileSync(join(folder, "latest.json"), "utf8")) as {
    arrays: { file: string };
  };
  return join(folder, document.arrays.file);
};

describe("a checkpoint", () => {
  it("comes back exactly", async () => {
    const folder = join(makeTemporaryFolder(), "checkpoints");
    await writeCheckpoint(folder, "latest", checkpoint(7));
    const back = await readCheckpoint(folder, "latest");
    expect(back).toEqual(checkpoint(7));
    expect(back.arrays.weights?.values.buffer).toEqual(checkpoint(7).arrays.weights.values.buffer);
  });

  it("keeps the one before it, no more, and does not touch its neighbours", async () => {
    const folder = makeTemporaryFolder();
    writeFileSync(join(folder, "notes.txt"), "mine");
    await writeCheckpoint(folder, "best", checkpoint(1));
    for (const step of [2, 3, 4]) await writeCheckpoint(folder, "latest", checkpoint(step));
    expect((await readCheckpoint(folder, "best")).state).toEqual(checkpoint(1).state);
    const files = readdirSync(folder).map((file) => file.replace(/-[0-9a-f]{16}/, "-#"));
    expect(files.sort()).toEqual([
      "best-#.safetensors",
      "best.json",
      "latest-#.safetensors",
      "latest-#.safetensors",
      "latest.json",
      "latest.previous.json",
      "notes.txt",
    ]);
  });

  it.each<[string, (folder: string) => void]>([
    ["arrays cut off", (folder) => truncateSync(arraysFile(folder), 50)],
    ["arrays gone", (folder) => rmSync(arraysFile(folder))],
    [
      "a bit of the arrays flipped",
      (folder) => {
        const bytes = readFileSync(arraysFile(folder));
        bytes[bytes.length - 1]! ^= 1;
        writeFileSync(arraysFile(folder), bytes);
      },
    ],
    ["a cut-off document", (folder) => truncateSync(join(folder, "latest.json"), 40)],
    ["no document", (folder) => rmSync(join(folder, "latest.json"))],
    ["a foreign document", (folder) => writeFileSync(join(folder, "latest.json"), '{"hello": 1}')],
    [
      "a changed state",
      (folder) => {
        const path = join(folder, "latest.json");
        writeFileSync(path, readFileSync(path, "utf8").replace('"step": 2', '"step": 9'));
      },
    ],
  ])("with %s gives way to the one before, and says so", async (_name, damage) => {
    const folder = makeTemporaryFolder();
    await writeCheckpoint(folder, "latest", checkpoint(1));
    await writeCheckpoint(folder, "latest", checkpoint(2));
    damage(folder);
    const { warning, ...back } = await readCheckpoint(folder, "latest");
    expect(back).toEqual(checkpoint(1));
    expect(warning).toMatch(/latest.*going on from the checkpoint before it$/);
    expect(warning).not.toContain("\n");
    // And the next one is written over the damage.
    await writeCheckpoint(folder, "latest", checkpoint(3));
    expect(await readCheckpoint(folder, "latest")).toEqual(checkpoint(3));
  });

  it("that is damaged and has none before it is one clear line", async () => {
    const folder = makeTemporaryFolder();
    await expect(readCheckpoint(folder, "latest")).rejects.toThrow(/holds no checkpoint "latest"/);
    await writeCheckpoint(folder, "latest", checkpoint(1));
    truncateSync(arraysFile(folder), 50);
    await expect(readCheckpoint(folder, "latest")).rejects.toThrow(/has 50 bytes, expected \d+/);
  });

  it("cannot point outside its folder", async () => {
    const folder = makeTemporaryFolder();
    await writeCheckpoint(folder, "latest", checkpoint(1));
    const path = join(folder, "latest.json");
    writeFileSync(path, readFileSync(path, "utf8").replace(/"latest-[0-9a-f]+/, '"../secret'));
    await expect(readCheckpoint(folder, "latest")).rejects.toThrow(FileError);
  });

  it("half written at any point leaves the one before it whole", async () => {
    // The files in the order they appear: a kill leaves the first n of them.
    const before = makeTemporaryFolder();
    await writeCheckpoint(before, "latest", checkpoint(1));
    const after = makeTemporaryFolder();
    cpSync(before, after, { recursive: true });
    await writeCheckpoint(after, "latest", checkpoint(2));
    const steps = [arraysFile(after), join(after, "latest.previous.json"), join(after, "latest.json")];
    for (let done = 0; done <= steps.length; done++) {
      const folder = makeTemporaryFolder();
      cpSync(before, folder, { recursive: true });
      for (const file of steps.slice(0, done)) cpSync(file, file.replace(after, folder));
      const { warning, state } = await readCheckpoint(folder, "latest");
      expect({ warning, state }).toEqual({ warning: undefined, state: checkpoint(done < 3 ? 1 : 2).state });
    }
  });

  it("survives a kill at any moment", async () => {
    const folder = makeTemporaryFolder();
    const child = spawn(process.execPath, ["--import", "tsx", "test/training/checkpoint-writer.ts", folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => child.on("close", resolve));
    let reported = 0;
    for await (const chunk of child.stdout) {
      reported = Number(String(chunk).trim().split("\n").at(-1));
      if (reported >= 5) break;
    }
    child.kill("SIGKILL");
    await ended;
    const { arrays, state, warning } = await readCheckpoint(folder, "latest");
    const { step } = state as { step: number };
    expect(warning).toBeUndefined();
    expect(step).toBeGreaterThanOrEqual(reported);
    expect(new Set(arrays.values!.values)).toEqual(new Set([step]));
  });

  it("that finds the disk full leaves the one before it", async (context) => {
    const folder = makeSmallDisk(context, 262_144);
    await writeCheckpoint(folder, "latest", checkpoint(1));
    const large = { shape: [100_000], values: new Float32Array(100_000) };
    await expect(writeCheckpoint(folder, "latest", { arrays: { large }, state: {} })).rejects.toThrow(
      /the disk is full/,
    );
    expect(await readCheckpoint(folder, "latest")).toEqual(checkpoint(1));
  });
});
