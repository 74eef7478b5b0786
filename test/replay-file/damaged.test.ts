import { McapWriter, TempBuffer } from "@mcap/core";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { FileError } from "../../core/errors.ts";
import { formatVersion, headerKey, headerRecordName } from "../../core/replay-file/header.ts";
import { loadReplay } from "../../core/replay-file/load-replay.ts";
import type { Replay } from "../../core/replay-file/replay.ts";
import { ReplayWriter } from "../../core/replay-file/writer.ts";
import { MemorySink } from "./random-replay.ts";
import { writeSampleReplay } from "./sample-replay.ts";

let bytes: Uint8Array;
let whole: Replay;

beforeAll(async () => {
  const sink = new MemorySink();
  await writeSampleReplay(sink, 60);
  bytes = sink.bytes();
  whole = await loadReplay(bytes, "whole.mcap");
});

/** Bytes compared at once: a matcher would take seconds for a million numbers. */
function beginsWith<A extends Uint8Array | Float32Array>(all: A, start: A): boolean {
  const bytesOf = (array: A) => Buffer.from(array.buffer, array.byteOffset, start.byteLength);
  return start.length <= all.length && bytesOf(all).equals(bytesOf(start));
}

/** The error's message, which must be one line that begins with the file's name. */
async function refusal(data: Uint8Array): Promise<string> {
  const error = await loadReplay(data, "x.mcap").then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FileError);
  const { message } = error as FileError;
  expect(message).toMatch(/^x\.mcap[^\n]+$/);
  return message;
}

/** An MCAP file with one header record of that text. */
async function fileWithHeader(json: string): Promise<Uint8Array> {
  const buffer = new TempBuffer();
  const mcap = new McapWriter({ writable: buffer });
  await mcap.start();
  await mcap.addMetadata({ name: headerRecordName, metadata: new Map([[headerKey, json]]) });
  await mcap.end();
  return buffer.get();
}

test("a file cut off anywhere gives its whole frames and says so, or one line of refusal", async () => {
  let salvaged = 0;
  for (let share = 0.02; share < 1; share += 0.0307) {
    const cut = bytes.subarray(0, Math.floor(share * bytes.length));
    const result = await loadReplay(cut, "x.mcap").catch((error: unknown) => error);
    if (result instanceof FileError) {
      expect(result.message).toMatch(/^x\.mcap is cut off/);
      continue;
    }
    const replay = result as Replay;
    salvaged++;
    expect(replay.whole).toBe(false);
    expect(replay.notices[0]).toMatch(/ends early/);
    const { count, times, poses } = replay.frames;
    expect(count).toBeGreaterThan(0);
    expect(times).toEqual(whole.frames.times.slice(0, count));
    expect(poses).toEqual(whole.frames.poses.slice(0, count * 9));
    const track = replay.layers[0]!;
    expect(track.count).toBe(replay.frames.decisions.filter((d) => d >= 0).length);
    expect(beginsWith(whole.layers[0]!.spikeBits, track.spikeBits)).toBe(true);
    expect(beginsWith(whole.layers[0]!.traces, track.traces)).toBe(true);
  }
  expect(salvaged).toBeGreaterThan(10);
});

test("a file whose last bytes alone are missing gives every frame", async () => {
  const replay = await loadReplay(bytes.subarray(0, bytes.length - 1), "x.mcap");
  expect(replay.whole).toBe(false);
  expect(replay.frames).toEqual(whole.frames);
});

test("foreign, empty and headless files are refused in one line that says what they are", async () => {
  expect(await refusal(new Uint8Array())).toMatch(/is empty/);
  expect(await refusal(new TextEncoder().encode("time,x\n0,1\n"))).toMatch(/not an MCAP file/);
  const buffer = new TempBuffer();
  const mcap = new McapWriter({ writable: buffer });
  await mcap.start();
  await mcap.end();
  expect(await refusal(buffer.get())).toMatch(/without a spikegym header/);
});

test("a header is refused when it is no JSON, of another format, of a newer version, or impossible", async () => {
  expect(await refusal(await fileWithHeader("{"))).toMatch(/not JSON/);
  expect(await refusal(await fileWithHeader("null"))).toMatch(/not one of format/);
  expect(await refusal(await fileWithHeader('{"format":"other","version":1}'))).toMatch(/not one of format/);
  const good = { format: "spikegym-replay", version: formatVersion, ...whole.header };
  expect(await refusal(await fileWithHeader(JSON.stringify({ ...good, version: 99 })))).toMatch(
    /version 99.*update/,
  );
  for (const stepSeconds of [-1, 0, 1e300]) {
    expect(await refusal(await fileWithHeader(JSON.stringify({ ...good, stepSeconds })))).toMatch(
      /stepSeconds/,
    );
  }
  const layer = { ...good.layers[0]!, units: 1e12 };
  expect(await refusal(await fileWithHeader(JSON.stringify({ ...good, layers: [layer] })))).toMatch(/units/);
  expect(await refusal(await fileWithHeader(JSON.stringify(good)))).toMatch(/holds no steps/);
});

test("damaged bytes are refused or read, never thrown as anything but a FileError", async () => {
  const small = new MemorySink();
  await writeSampleReplay(small, 3);
  const original = small.bytes();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 0, max: 255 })), {
        minLength: 1,
        maxLength: 4,
      }),
      async (changes) => {
        const damaged = original.slice();
        for (const [at, value] of changes) damaged[at] = value;
        await loadReplay(damaged, "x.mcap").catch((error: unknown) => {
          expect(error).toBeInstanceOf(FileError);
          expect((error as FileError).message).not.toContain("\n");
        });
      },
    ),
    { numRuns: 300 },
  );
});

test("arrays of a size other than the header's are refused by the writer, with both sizes", async () => {
  const writer = await ReplayWriter.open(new MemorySink(), whole.header);
  await expect(writer.endEpisode({ poses: [], qpos: [], qvel: [], observation: [] })).rejects.toThrow(
    /no episode/,
  );
  await writer.beginEpisode("a");
  const state = { poses: [0, 0, 0], qpos: [], qvel: [], observation: [] };
  await expect(writer.endEpisode(state)).rejects.toThrow("poses is [3], expected [9]");
});
