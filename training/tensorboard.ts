import { closeSync, openSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import protobuf from "protobufjs/minimal.js";
import { describeFileFailure } from "./atomic-file.ts";
import { maskedCrc32c } from "./crc32c.ts";
import type { Scalars } from "./metrics-log.ts";

/**
 * Writes scalars for TensorBoard: a file `events.out.tfevents.<seconds>.<host>.<pid>` of TFRecords, each holding one
 * `Event` message (tensorflow/core/util/event.proto).
 *
 * The caller tells the time, so that nothing here depends on a clock.
 */
export class EventFile {
  readonly path: string;
  #file: number | undefined;

  /**
   * Starts a new file in an existing folder.
   *
   * @param seconds wall clock, s since 1970
   * @param resumedAfter the step a resumed run goes on from; TensorBoard then drops what older files hold beyond it
   */
  constructor(folder: string, seconds: number, resumedAfter?: number) {
    this.path = join(folder, `events.out.tfevents.${Math.floor(seconds)}.${hostname()}.${process.pid}`);
    try {
      this.#file = openSync(this.path, "a");
    } catch (error) {
      throw describeFileFailure("write", this.path, error);
    }
    try {
      this.#append(encodeVersion(seconds));
      if (resumedAfter !== undefined) this.#append(encodeSessionStart(seconds, resumedAfter + 1));
    } catch (error) {
      // Nobody gets this object, so nobody else could close it.
      this.close();
      throw error;
    }
  }

  /** One event with a value for each name; a name with slashes groups its charts. */
  log(seconds: number, step: number, scalars: Scalars): void {
    this.#append(encodeScalars(seconds, step, scalars));
  }

  /** One event with the distribution of some finite numbers, for the tabs of histograms and distributions. */
  logHistogram(seconds: number, step: number, name: string, values: ArrayLike<number>): void {
    this.#append(encodeHistogram(seconds, step, name, values));
  }

  /** May be called again. */
  close(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
  }

  #append(event: Uint8Array): void {
    if (this.#file === undefined) throw new Error(`EventFile: ${this.path} is closed`);
    const record = frameRecord(event);
    try {
      for (let done = 0; done < record.length; ) done += writeSync(this.#file, record, done);
    } catch (error) {
      throw describeFileFailure("write", this.path, error);
    }
  }
}

/** A TFRecord: length as uint64 LE, its masked CRC, the data, its masked CRC. */
export function frameRecord(data: Uint8Array): Uint8Array {
  const record = Buffer.alloc(8 + 4 + data.length + 4);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedCrc32c(data), 12 + data.length);
  return record;
}

// A protobuf key is field number * 8 + wire type (0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes).
const EVENT = { wallTime: 9, step: 16, fileVersion: 26, summary: 42, sessionLog: 58 } as const;
const SUMMARY = { value: 10 } as const;
const VALUE = { tag: 10, simpleValue: 21, histogram: 42 } as const;
const HISTOGRAM = { min: 9, max: 17, count: 25, sum: 33, squares: 41, limits: 50, buckets: 58 } as const;
const BUCKETS = 30;
const SESSION_LOG = { status: 8 } as const;
const SESSION_START = 1;

function encodeVersion(seconds: number): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(EVENT.wallTime).double(seconds);
  writer.uint32(EVENT.fileVersion).string("brain.Event:2");
  return writer.finish();
}

/** "The session starts (again) at this step": steps from here on in older files are void. */
function encodeSessionStart(seconds: number, step: number): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(EVENT.wallTime).double(seconds);
  writer.uint32(EVENT.step).int64(step);
  writer.uint32(EVENT.sessionLog).fork().uint32(SESSION_LOG.status).int32(SESSION_START).ldelim();
  return writer.finish();
}

function encodeScalars(seconds: number, step: number, scalars: Scalars): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(EVENT.wallTime).double(seconds);
  writer.uint32(EVENT.step).int64(step);
  writer.uint32(EVENT.summary).fork();
  for (const [name, value] of Object.entries(scalars)) {
    writer.uint32(SUMMARY.value).fork();
    writer.uint32(VALUE.tag).string(name);
    writer.uint32(VALUE.simpleValue).float(value);
    writer.ldelim();
  }
  writer.ldelim();
  return writer.finish();
}

/** Buckets of one width from the smallest value to the largest. */
function encodeHistogram(seconds: number, step: number, name: string, values: ArrayLike<number>): Uint8Array {
  const all = Array.from(values);
  const min = Math.min(...all);
  const max = Math.max(...all);
  // One bucket has to have a width, also when all values are one.
  const width = (max - min) / BUCKETS || 1;
  const counts = Array.from({ length: max === min ? 1 : BUCKETS }, () => 0);
  for (const value of all) counts[Math.min(counts.length - 1, Math.floor((value - min) / width))]!++;
  const writer = protobuf.Writer.create();
  writer.uint32(EVENT.wallTime).double(seconds);
  writer.uint32(EVENT.step).int64(step);
  writer.uint32(EVENT.summary).fork();
  writer.uint32(SUMMARY.value).fork();
  writer.uint32(VALUE.tag).string(name);
  writer.uint32(VALUE.histogram).fork();
  writer.uint32(HISTOGRAM.min).double(min);
  writer.uint32(HISTOGRAM.max).double(max);
  writer.uint32(HISTOGRAM.count).double(all.length);
  writer.uint32(HISTOGRAM.sum).double(all.reduce((sum, x) => sum + x, 0));
  writer.uint32(HISTOGRAM.squares).double(all.reduce((sum, x) => sum + x * x, 0));
  writer.uint32(HISTOGRAM.limits).fork();
  for (let i = 1; i <= counts.length; i++) writer.double(min + i * width);
  writer.ldelim();
  writer.uint32(HISTOGRAM.buckets).fork();
  for (const count of counts) writer.double(count);
  writer.ldelim();
  return writer.ldelim().ldelim().ldelim().finish();
}
