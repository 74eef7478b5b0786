import { McapIndexedReader } from "@mcap/core";
import protobuf from "protobufjs";
import "protobufjs/ext/descriptor.js";
import { beforeAll, expect, test } from "vitest";
import { FileError, ShapeError } from "../../core/errors.ts";
import { decodeImage, encodeImage } from "../../core/replay-file/foxglove-image.ts";
import { encodeFoxglove } from "../../core/replay-file/foxglove-schema.ts";
import { checkHeader } from "../../core/replay-file/header.ts";
import { loadReplay } from "../../core/replay-file/load-replay.ts";
import type { Replay } from "../../core/replay-file/replay.ts";
import { ReplayWriter } from "../../core/replay-file/writer.ts";
import { MemorySink } from "./random-replay.ts";
import { drawShape, sidePx, writeSampleImages } from "./sample-images.ts";

let bytes: Uint8Array;
let replay: Replay;

beforeAll(async () => {
  const sink = new MemorySink();
  await writeSampleImages(sink);
  bytes = sink.bytes();
  replay = await loadReplay(bytes, "images.mcap");
});

test("every decision's picture is read back, with its scores and its true classes", () => {
  const { images, frames } = replay;
  expect(images).toMatchObject({ widthPx: sidePx, heightPx: sidePx });
  const size = sidePx * sidePx;
  const shown = [drawShape(0, 0), drawShape(1, 1), drawShape(2, 1)];
  expect(images!.pixels).toEqual(Uint8Array.from(Buffer.concat(shown)));
  expect(images!.pixels.length).toBe(3 * size);
  // Two frames an episode: the decision and the end.
  expect([...frames.observations]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 1, 2, 1]);
  expect(frames.actions[0]).toBeCloseTo(0.8);
});

test("any MCAP program finds the pictures as Foxglove raw images, by the schema in the file", async () => {
  const reader = await McapIndexedReader.Initialize({
    readable: {
      size: async () => BigInt(bytes.length),
      read: async (offset, size) => bytes.subarray(Number(offset), Number(offset + size)),
    },
  });
  const schema = [...reader.schemasById.values()].find(({ name }) => name === "foxglove.RawImage")!;
  const type = protobuf.Root.fromDescriptor(schema.data).lookupType(schema.name);
  const found: unknown[] = [];
  for await (const { data } of reader.readMessages({ topics: ["/image"] })) {
    found.push(type.toObject(type.decode(data), { longs: Number, defaults: true }));
  }
  expect(found).toHaveLength(3);
  expect(found[1]).toMatchObject({
    timestamp: { seconds: 0, nanos: 32_000_000 },
    width: sidePx,
    height: sidePx,
    encoding: "mono8",
    step: sidePx,
  });
  expect(Uint8Array.from((found[1] as { data: Uint8Array }).data)).toEqual(drawShape(1, 1));
});

const image = { widthPx: 2, heightPx: 2, tasks: [] };
const good = { width: 2, height: 2, encoding: "mono8", step: 2, data: new Uint8Array(4), frame_id: "" };

test.each([
  ["another size", { width: 4_294_967_295 }, /is 4294967295 x 2/],
  ["another encoding", { encoding: "rgb8" }, /"rgb8"/],
  ["longer rows", { step: 100 }, /rows of 100 bytes/],
  ["too few pixels", { data: new Uint8Array(3) }, /has 3 pixels/],
  ["too many pixels", { data: new Uint8Array(5000) }, /has 5000 pixels/],
])("a picture of %s than the header's is refused", (_, change, says) => {
  expect(() => decodeImage(image, encodeFoxglove("foxglove.RawImage", { ...good, ...change }))).toThrow(says);
  expect([...decodeImage(image, encodeImage(image, Uint8Array.of(1, 2, 3, 4), 1.5))]).toEqual([1, 2, 3, 4]);
});

test("the writer wants a picture of the right size for every decision", async () => {
  const { header } = replay;
  const sink = new MemorySink();
  const writer = await ReplayWriter.open(sink, { ...header, layers: [] });
  await writer.beginEpisode("a");
  const step = {
    poses: [],
    qpos: [],
    qvel: [],
    observation: [0, 0],
    action: [1, 0, 0, 1, 0],
    forceN: 0,
    reward: 1,
    terminated: false,
    truncated: false,
    layers: {},
  };
  await writer.step({ ...step, image: drawShape(0, 0) });
  await expect(writer.step(step)).rejects.toThrow(ShapeError);
  await expect(writer.step({ ...step, image: new Uint8Array(3) })).rejects.toThrow(/image/);
  await writer.step({ ...step, image: drawShape(1, 0) });
  await writer.endEpisode(step);
  await writer.close();
  const file = sink.bytes();
  const { images, frames } = await loadReplay(file, "x.mcap");
  expect(images!.pixels.length).toBe(2 * sidePx * sidePx);
  expect(frames.count).toBe(3);
});

test("a header whose tasks do not fit its actions or observations is refused", () => {
  const { header } = replay;
  expect(() => checkHeader({ ...header, actionLabels: ["one"] })).toThrow(/one action a class/);
  expect(() => checkHeader({ ...header, observationLabels: [] })).toThrow(/one observation a task/);
});

test("damaged files with pictures are refused in one line, or read as far as they go", async () => {
  for (let at = 300; at < bytes.length - 100; at += 4001) {
    const damaged = bytes.slice();
    damaged[at] = damaged[at]! ^ 0xff;
    const error = await loadReplay(damaged, "x.mcap").then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) continue;
    expect(error).toBeInstanceOf(FileError);
    expect((error as Error).message).not.toContain("\n");
  }
});
