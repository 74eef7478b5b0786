import { readFileSync } from "node:fs";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { crc32c, maskedCrc32c } from "../../training/crc32c.ts";
import { EventFile, frameRecord } from "../../training/tensorboard.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

/** The part of TensorFlow's event.proto and summary.proto in use, read by protobufjs' own parser. */
const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message Event {
    double wall_time = 1; int64 step = 2;
    oneof what { string file_version = 3; Summary summary = 5; SessionLog session_log = 7; }
  }
  message Summary { message Value { string tag = 1; float simple_value = 2; Histogram histo = 5; } repeated Value value = 1; }
  message Histogram {
    double min = 1; double max = 2; double num = 3; double sum = 4; double sum_squares = 5;
    repeated double bucket_limit = 6; repeated double bucket = 7;
  }
  message SessionLog { enum SessionStatus { STATUS_UNSPECIFIED = 0; START = 1; } SessionStatus status = 1; }
`,
  { keepCase: true },
);

function readEvents(path: string): unknown[] {
  const bytes = readFileSync(path);
  const events: unknown[] = [];
  const Event = root.lookupType("Event");
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(bytes.readUInt32LE(at + 8)).toBe(maskedCrc32c(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(maskedCrc32c(data));
    events.push(Event.toObject(Event.decode(data), { longs: Number, enums: String }));
    at += 16 + length;
  }
  return events;
}

describe("CRC-32C", () => {
  // RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
  it.each([
    ["32 zeros", new Uint8Array(32), 0x8a9136aa],
    ["32 times 255", new Uint8Array(32).fill(255), 0x62a8ab43],
    ["0 to 31", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ["31 to 0", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ['"123456789"', Buffer.from("123456789"), 0xe3069283],
    ["nothing", new Uint8Array(0), 0],
  ])("of %s", (_name, bytes, expected) => expect(crc32c(bytes)).toBe(expected));
});

describe("TensorBoard's event file", () => {
  it("frames a record as TFRecord does", () => {
    // By hand: 0xe3069283 turned right by 15 bits is 0x2507c60d; plus 0xa282ead8 it is 0xc78ab0e5.
    const masked = 0xc78ab0e5;
    const record = Buffer.from(frameRecord(Buffer.from("123456789")));
    expect(record.length).toBe(8 + 4 + 9 + 4);
    expect(record.readBigUInt64LE(0)).toBe(9n);
    expect(record.readUInt32LE(21)).toBe(masked);
  });

  it("holds the version and the scalars, names grouped by slashes, steps beyond 32 bits", () => {
    const file = new EventFile(makeTemporaryFolder(), 1_700_000_000.5);
    file.log(1_700_000_001, 100, { "sac/criticLoss": 0.25, episodeReturn: -1e9 });
    file.log(1_700_000_002, 2 ** 40, { episodeReturn: 9359.5 });
    file.close();
    file.close();
    expect(file.path).toMatch(/events\.out\.tfevents\.1700000000\./);
    expect(readEvents(file.path)).toEqual([
      { wall_time: 1_700_000_000.5, file_version: "brain.Event:2" },
      {
        wall_time: 1_700_000_001,
        step: 100,
        summary: {
          value: [
            { tag: "sac/criticLoss", simple_value: 0.25 },
            { tag: "episodeReturn", simple_value: -1e9 },
          ],
        },
      },
      {
        wall_time: 1_700_000_002,
        step: 2 ** 40,
        summary: { value: [{ tag: "episodeReturn", simple_value: 9359.5 }] },
      },
    ]);
  });

  it("holds distributions: every value in one bucket, their ends the smallest and the largest", () => {
    const file = new EventFile(makeTemporaryFolder(), 5);
    file.logHistogram(6, 7, "spikeRates", Float32Array.of(1, 1.25, 1.25, 2));
    file.logHistogram(6, 8, "spikeRates", [0.5, 0.5]);
    file.close();
    const [, spread, single] = readEvents(file.path) as {
      step: number;
      summary: {
        value: { tag: string; histo: Record<string, number> & Record<"bucket" | "bucket_limit", number[]> }[];
      };
    }[];
    const { tag, histo } = spread!.summary.value[0]!;
    expect([spread!.step, tag]).toEqual([7, "spikeRates"]);
    expect(histo).toMatchObject({ min: 1, max: 2, num: 4, sum: 5.5, sum_squares: 8.125 });
    expect(histo.bucket_limit.at(-1)).toBeCloseTo(2, 12);
    expect(histo.bucket).toHaveLength(histo.bucket_limit.length);
    expect([histo.bucket[0], histo.bucket[7], histo.bucket.at(-1)]).toEqual([1, 2, 1]);
    expect(single!.summary.value[0]!.histo).toMatchObject({ bucket: [2], bucket_limit: [1.5] });
  });

  it("of a resumed run voids what older files hold beyond its start", () => {
    const file = new EventFile(makeTemporaryFolder(), 5, 2000);
    file.close();
    expect(readEvents(file.path)).toEqual([
      { wall_time: 5, file_version: "brain.Event:2" },
      { wall_time: 5, step: 2001, session_log: { status: "START" } },
    ]);
    expect(() => file.log(6, 1, {})).toThrow(/closed/);
  });
});
