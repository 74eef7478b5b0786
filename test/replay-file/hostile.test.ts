import { McapWriter, TempBuffer } from "@mcap/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FileError } from "../../core/errors.ts";
import {
  encodeHeader,
  headerKey,
  headerRecordName,
  type ReplayHeader,
} from "../../core/replay-file/header.ts";
import { loadReplay, openReplay } from "../../core/replay-file/load-replay.ts";
import { encodeMessage } from "../../core/replay-file/message-codec.ts";
import {
  type SpikesMessage,
  type StepMessage,
  spikesMessage,
  stepMessage,
  type TracesMessage,
  tracesMessage,
} from "../../core/replay-file/messages.ts";
import { decodeOutline } from "../../core/replay-file/outline.ts";

/*
 * Files that are sound MCAP, checksums and all, whose contents do not fit each other: what a hostile or mistaken writer
 * would make.
 */

const header: ReplayHeader = {
  env: "Test-v0",
  engine: "none",
  stepSeconds: 0.05,
  scene: { bodies: [], view: { xMin: 0, xMax: 1, yMin: 0, yMax: 1 } },
  observationLabels: ["x (m)"],
  actionLabels: ["a"],
  seed: null,
  agent: "none",
  preset: null,
  versions: {},
  layers: [
    {
      id: "l",
      neuron: "lif",
      units: 3,
      ticks: 2,
      tickMs: null,
      variables: [{ name: "v", unit: "1", role: "membrane" }],
      tracedNeurons: [1],
    },
  ],
  notes: [],
};

const step: StepMessage = {
  frame: 0,
  episode: 0,
  step: 0,
  time: 0,
  final: false,
  poses: new Float64Array(),
  qpos: Float64Array.of(1),
  qvel: Float64Array.of(2),
  observation: Float32Array.of(3),
  action: Float32Array.of(4),
  forceN: 0,
  reward: 1,
  terminated: false,
  truncated: false,
  value: Number.NaN,
};
const spikes: SpikesMessage = { frame: 0, ticks: 2, units: 3, bits: Uint8Array.of(5) };
const traces: TracesMessage = {
  frame: 0,
  ticks: 2,
  neurons: 1,
  variables: 1,
  values: Float32Array.of(0.5, 0.25),
};

interface Changes {
  readonly steps?: readonly Partial<StepMessage>[];
  readonly spikes?: readonly Partial<SpikesMessage>[];
  readonly traces?: readonly Partial<TracesMessage>[];
}

/** A file of those messages, each the sound one with the changes. */
async function fileWith(changes: Changes): Promise<Uint8Array> {
  const buffer = new TempBuffer();
  const mcap = new McapWriter({ writable: buffer });
  await mcap.start();
  await mcap.addMetadata({ name: headerRecordName, metadata: new Map([[headerKey, encodeHeader(header)]]) });
  let time = 0n;
  const write = async (topic: string, messages: readonly Uint8Array[]) => {
    const channelId = await mcap.registerChannel({
      topic,
      schemaId: 0,
      messageEncoding: "protobuf",
      metadata: new Map(),
    });
    for (const data of messages) {
      await mcap.addMessage({ channelId, sequence: 0, logTime: time, publishTime: time, data });
      time++;
    }
  };
  await write(
    "/step",
    (changes.steps ?? [{}]).map((change) => encodeMessage(stepMessage, { ...step, ...change })),
  );
  await write(
    "/spikes/l",
    (changes.spikes ?? [{}]).map((change) => encodeMessage(spikesMessage, { ...spikes, ...change })),
  );
  await write(
    "/traces/l",
    (changes.traces ?? [{}]).map((change) => encodeMessage(tracesMessage, { ...traces, ...change })),
  );
  await mcap.end();
  return buffer.get();
}

test("the file these tests change is read as it is", async () => {
  const replay = await loadReplay(await fileWith({}), "x.mcap");
  expect(replay.frames.count).toBe(1);
  expect(Array.from(replay.layers[0]!.traces)).toEqual([0.5, 0.25]);
});

const second = { frame: 1, step: 1, time: 0.05 };
const cases: readonly [name: string, changes: Changes, says: RegExp][] = [
  ["a frame left out", { steps: [{}, { ...second, frame: 2 }] }, /frame 1 is missing/],
  ["a time that is no number", { steps: [{ time: Number.NaN }] }, /NaN s/],
  ["time that stands still", { steps: [{}, { ...second, time: 0 }] }, /expected a time after 0 s/],
  ["a step of another length", { steps: [{}, { ...second, time: 1e9 }] }, /expected 0.05 s/],
  ["an episode left out", { steps: [{}, { ...second, step: 0, episode: 5 }] }, /episode 5/],
  ["an episode that goes on after its end", { steps: [{ final: true }, second] }, /after the end/],
  ["an observation too long", { steps: [{ observation: new Float32Array(9) }] }, /observation .* 9 numbers/],
  ["an action too short", { steps: [{ action: new Float32Array() }] }, /action .* 0 numbers/],
  ["positions that change their number", { steps: [{}, { ...second, qpos: new Float64Array(4) }] }, /qpos/],
  ["spikes of more units than the layer has", { spikes: [{ units: 4_000_000_000 }] }, /2 x 4000000000/],
  ["fewer bits than spikes", { spikes: [{ bits: new Uint8Array() }] }, /expected 2 x 3/],
  ["spikes of another frame", { spikes: [{ frame: 7 }] }, /of frame 7/],
  ["spikes twice", { spikes: [{}, {}] }, /expected no more/],
  ["no spikes", { spikes: [] }, /0 of 1 decisions/],
  ["traces that promise more than they hold", { traces: [{ neurons: 1000 }] }, /2 x 1000 x 1/],
  ["no traces", { traces: [] }, /0 of 1 decisions/],
];

test("refused in one line: bytes that are no message of their kind", async () => {
  const buffer = new TempBuffer();
  const mcap = new McapWriter({ writable: buffer });
  await mcap.start();
  await mcap.addMetadata({ name: headerRecordName, metadata: new Map([[headerKey, encodeHeader(header)]]) });
  const channelId = await mcap.registerChannel({
    topic: "/step",
    schemaId: 0,
    messageEncoding: "protobuf",
    metadata: new Map(),
  });
  await mcap.addMessage({
    channelId,
    sequence: 0,
    logTime: 0n,
    publishTime: 0n,
    data: Uint8Array.of(0x32, 0xff, 0xff, 0xff, 0x0f, 1),
  });
  await mcap.end();
  await expect(loadReplay(buffer.get(), "x.mcap")).rejects.toThrow(
    /^x\.mcap is damaged: a Step message [^\n]+$/,
  );
  await expect(loadReplay(buffer.get(), "x.mcap")).rejects.toBeInstanceOf(FileError);
});

test.each(cases)("refused in one line: %s", async (_, changes, says) => {
  const data = await fileWith(changes);
  const error = await loadReplay(data, "x.mcap").then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FileError);
  expect((error as FileError).message).toMatch(/^x\.mcap is damaged: [^\n]+$/);
  expect((error as FileError).message).toMatch(says);
});

/** The file with its index's entry of the first chunk written down `times` more. */
function repeatChunkIndex(bytes: Uint8Array, times: number): Uint8Array {
  const magicLength = 8;
  const footerLength = 1 + 8 + 8 + 8 + 4;
  const footerStart = bytes.length - magicLength - footerLength;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const summaryStart = Number(view.getBigUint64(footerStart + 9, true));
  const chunkIndex = 0x08;
  let at = summaryStart;
  while (bytes[at] !== chunkIndex) at += 9 + Number(view.getBigUint64(at + 1, true));
  const entry = bytes.subarray(at, at + 9 + Number(view.getBigUint64(at + 1, true)));
  const footer = bytes.slice(footerStart);
  // No offsets section, no checksum.
  footer.fill(0, 17, 29);
  const summary = bytes.subarray(summaryStart, footerStart);
  const copies = Array.from({ length: times }, () => entry);
  return Uint8Array.from(Buffer.concat([bytes.subarray(0, summaryStart), summary, ...copies, footer]));
}

test("an index that names one chunk over and over is refused before it is read over and over", async () => {
  const bytes = await fileWith({});
  await expect(loadReplay(repeatChunkIndex(bytes, 0), "x.mcap")).resolves.toBeDefined();
  const bomb = repeatChunkIndex(bytes, 20_000);
  await expect(loadReplay(bomb, "x.mcap")).rejects.toThrow(/its index names \d+ bytes of chunks/);
  await expect(openReplay(bomb, "x.mcap", { wholeBytes: 0 })).rejects.toThrow(FileError);
});

test("a compressed chunk is refused in a sentence: nothing is ever unpacked", async () => {
  const buffer = new TempBuffer();
  const mcap = new McapWriter({
    writable: buffer,
    compressChunk: () => ({ compression: "zstd", compressedData: new Uint8Array(100) }),
  });
  await mcap.start();
  await mcap.addMetadata({ name: headerRecordName, metadata: new Map([[headerKey, encodeHeader(header)]]) });
  const channelId = await mcap.registerChannel({
    topic: "/step",
    schemaId: 0,
    messageEncoding: "protobuf",
    metadata: new Map(),
  });
  const data = new Uint8Array(10_000);
  await mcap.addMessage({ channelId, sequence: 0, logTime: 0n, publishTime: 0n, data });
  await mcap.end();
  await expect(loadReplay(buffer.get(), "x.mcap")).rejects.toThrow(/^x\.mcap is damaged: .*zstd/);
});

test("an outline that is none is passed over; one that lies cannot shorten or break what is there", async () => {
  await fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(decodeOutline(JSON.stringify(value))).toBeUndefined();
    }),
    { numRuns: 200 },
  );
  const lie = { durationSeconds: 0, frames: 9, episodes: [], events: [], reward: { low: [], high: [] } };
  expect(decodeOutline(JSON.stringify(lie))).toEqual(lie);
  expect(decodeOutline(JSON.stringify({ ...lie, reward: { low: [1], high: [] } }))).toBeUndefined();
});
