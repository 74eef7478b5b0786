import { beforeAll, expect, test } from "vitest";
import { loadReplay, openReplay } from "../../core/replay-file/load-replay.ts";
import type { ByteSource } from "../../core/replay-file/mcap-source.ts";
import type { Replay } from "../../core/replay-file/replay.ts";
import { MemorySink } from "./random-replay.ts";
import { writeSampleReplay } from "./sample-replay.ts";

let bytes: Uint8Array;
let whole: Replay;

beforeAll(async () => {
  const sink = new MemorySink();
  await writeSampleReplay(sink);
  bytes = sink.bytes();
  whole = await loadReplay(bytes, "sample.mcap");
});

/** Counts what is read of the file. */
function countingSource(): ByteSource & { readonly read: ByteSource["read"]; total(): number } {
  let total = 0;
  return {
    size: bytes.length,
    read: async (offset, length) => {
      total += length;
      return bytes.slice(offset, offset + length);
    },
    total: () => total,
  };
}

const options = { wholeBytes: 0, partBytes: 600_000 };

test.each([0, 4.2, 10.3, 14])("the part around %d s holds what the whole file holds there", async (at) => {
  const { replay, around } = await openReplay(bytes, "sample.mcap", { ...options, at });
  expect(around).toBeDefined();
  expect(replay.frames.count).toBeLessThan(whole.frames.count / 2);
  const first = whole.frames.times.indexOf(replay.frames.times[0]!);
  const end = first + replay.frames.count;
  expect(replay.frames.times[0]!).toBeLessThanOrEqual(at);
  expect(replay.frames.times.at(-1)!).toBeGreaterThanOrEqual(at);
  const poses = 3 * whole.header.scene.bodies.length;
  expect(replay.frames.poses).toEqual(whole.frames.poses.slice(first * poses, end * poses));
  expect(replay.frames.rewards).toEqual(whole.frames.rewards.slice(first, end));
  const [part, all] = [replay.layers[0]!, whole.layers[0]!];
  const decision = whole.frames.decisions[first]!;
  const { bytesPerDecision } = all;
  expect(part.spikeBits).toEqual(
    all.spikeBits.slice(decision * bytesPerDecision, (decision + part.count) * bytesPerDecision),
  );
  const traceSize = all.traces.length / all.count;
  expect(part.traces).toEqual(all.traces.slice(decision * traceSize, (decision + part.count) * traceSize));
});

test("opening a part reads a part, and the outline tells of the whole", async () => {
  const source = countingSource();
  const { replay, around } = await openReplay(source, "sample.mcap", options);
  expect(source.total()).toBeLessThan(0.6 * bytes.length);
  expect(replay.durationSeconds).toBe(whole.durationSeconds);
  expect(replay.events).toEqual(whole.events);
  expect(replay.outline?.frames).toBe(whole.frames.count);
  expect(replay.outline?.episodes).toEqual(
    whole.episodes.map(({ firstFrame: _, endFrame: __, ...outline }) => outline),
  );
  const rewards = [...whole.frames.rewards].filter(Number.isFinite);
  const { low, high } = replay.outline!.reward;
  expect(Math.min(...low.filter((x) => x !== null))).toBe(Math.min(...rewards));
  expect(Math.max(...high.filter((x) => x !== null))).toBe(Math.max(...rewards));
  const later = await around!(14);
  expect(later.frames.times[0]!).toBeGreaterThan(replay.frames.times.at(-1)!);
});

test("a file that is not too large to be held can be read whole afterwards, with pauses", async () => {
  const { whole: readWhole } = await openReplay(bytes, "sample.mcap", options);
  let pauses = 0;
  const replay = await readWhole!(async () => {
    pauses++;
  });
  expect(pauses).toBeGreaterThan(10);
  expect(replay).toEqual(whole);
  const held = await openReplay(bytes, "sample.mcap", { ...options, heldBytes: 1000 });
  expect(held.whole).toBeUndefined();
});

test("a small file is read whole, and so is a large one that has no index", async () => {
  expect((await openReplay(bytes, "sample.mcap")).around).toBeUndefined();
  const cut = await openReplay(bytes.subarray(0, bytes.length - 5000), "cut.mcap", options);
  expect(cut.around).toBeUndefined();
  expect(cut.replay.whole).toBe(false);
});
