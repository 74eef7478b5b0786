import { McapIndexedReader, McapStreamReader, type McapTypes } from "@mcap/core";
import { FileError } from "../errors.ts";

/** Bytes that can be read anywhere: a Blob, an array, a file behind range requests. */
export interface ByteSource {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** What the reader needs of an MCAP file, in the order of time. */
export interface RecordVisitor {
  metadata(name: string, entries: ReadonlyMap<string, string>): void;
  message(topic: string, data: Uint8Array): void;
}

const magic = [0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a];

export function sourceOf(data: Blob | Uint8Array): ByteSource {
  if (data instanceof Uint8Array) {
    return {
      size: data.byteLength,
      read: async (offset, length) => data.subarray(offset, offset + length),
    };
  }
  return {
    size: data.size,
    read: async (offset, length) => new Uint8Array(await data.slice(offset, offset + length).arrayBuffer()),
  };
}

/**
 * Visits a file's metadata, then its messages: by the index if it has one, else from front to back as far as the file
 * goes, which is what is left when the writing process died.
 *
 * @returns whether the file is whole (has its index)
 * @throws FileError when the file is foreign, empty or damaged
 */
export async function visitRecords(
  source: ByteSource,
  file: string,
  visitor: RecordVisitor,
): Promise<{ whole: boolean }> {
  await startsAsMcap(source, file);
  try {
    const whole = await endsAsMcap(source);
    if (whole) await visitIndexed(source, visitor);
    else await visitFrontToBack(source, visitor);
    return { whole };
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError(`${file} is damaged: ${oneLine(error)}; record the episode again`);
  }
}

async function visitIndexed(source: ByteSource, visitor: RecordVisitor): Promise<void> {
  const reader = await openReader(source);
  for await (const record of reader.readMetadata()) visitor.metadata(record.name, record.metadata);
  for await (const record of reader.readMessages()) {
    const channel = reader.channelsById.get(record.channelId);
    if (channel !== undefined) visitor.message(channel.topic, record.data);
  }
}

/** A span of log time, ns, both ends included. */
export interface LogSpan {
  readonly start: bigint;
  readonly end: bigint;
}

/** A file whose index has been read and whose messages are read where they are wanted. */
export interface IndexedFile {
  readonly metadata: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** The chunks around an instant that together have about so many bytes. */
  around(seconds: number, bytes: number): LogSpan;
  /** @param pause awaited now and then, so that a long visit does not hold everything else up */
  visit(
    span: LogSpan,
    message: (topic: string, data: Uint8Array) => void,
    pause?: () => Promise<void>,
  ): Promise<void>;
  /** From the first message to the last. */
  readonly whole: LogSpan;
}

/** Messages between two pauses. */
const pauseEvery = 64;

/**
 * Reads a file's index and metadata; undefined when it has no index.
 *
 * @throws FileError when the file is foreign, empty or damaged
 */
export async function openIndexed(source: ByteSource, file: string): Promise<IndexedFile | undefined> {
  await startsAsMcap(source, file);
  if (!(await endsAsMcap(source))) return undefined;
  const damaged = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof FileError) throw error;
      throw new FileError(`${file} is damaged: ${oneLine(error)}; record the episode again`);
    }
  };
  return damaged(async () => {
    const reader = await openReader(source);
    const metadata = new Map<string, ReadonlyMap<string, string>>();
    for await (const record of reader.readMetadata()) metadata.set(record.name, record.metadata);
    const chunks = [...reader.chunkIndexes].sort((a, b) =>
      a.messageStartTime < b.messageStartTime ? -1 : 1,
    );
    return {
      metadata,
      around(seconds, bytes) {
        const time = BigInt(Math.round(Math.min(1e9, Math.max(0, seconds || 0)) * 1e9));
        const found = chunks.findIndex((chunk) => chunk.messageEndTime >= time);
        let first = found < 0 ? chunks.length - 1 : found;
        let last = first;
        const size = (i: number) => Number(chunks[i]?.chunkLength ?? 0n);
        // A third of it lies before the instant, so that what led up to it is in sight.
        for (let held = size(first); held < bytes; ) {
          const before = first > 0 && (last + 1 >= chunks.length || 2 * (found - first) <= last - found);
          if (!before && last + 1 >= chunks.length) break;
          held += size(before ? --first : ++last);
        }
        return {
          start: chunks[first]?.messageStartTime ?? 0n,
          end: chunks[last]?.messageEndTime ?? 0n,
        };
      },
      whole: {
        start: chunks[0]?.messageStartTime ?? 0n,
        end: latestEnd(chunks),
      },
      visit: ({ start, end }, message, pause) =>
        damaged(async () => {
          let count = 0;
          for await (const record of reader.readMessages({ startTime: start, endTime: end })) {
            const channel = reader.channelsById.get(record.channelId);
            if (channel !== undefined) message(channel.topic, record.data);
            if (pause !== undefined && ++count % pauseEvery === 0) await pause();
          }
        }),
    };
  });
}

function latestEnd(chunks: readonly { readonly messageEndTime: bigint }[]): bigint {
  let latest = 0n;
  for (const { messageEndTime } of chunks) if (messageEndTime > latest) latest = messageEndTime;
  return latest;
}

async function openReader(source: ByteSource): Promise<McapIndexedReader> {
  const reader = await McapIndexedReader.Initialize({
    readable: {
      size: async () => BigInt(source.size),
      read: (offset, length) => readExactly(source, offset, length),
    },
  });
  // A small file whose index names one chunk a million times would be read a million times.
  const named = reader.chunkIndexes.reduce((sum, { chunkLength }) => sum + chunkLength, 0n);
  if (named > BigInt(source.size)) {
    throw new Error(`its index names ${named} bytes of chunks, the file has ${source.size}`);
  }
  return reader;
}

async function startsAsMcap(source: ByteSource, file: string): Promise<void> {
  const head = await source.read(0, Math.min(source.size, magic.length));
  if (source.size === 0) throw new FileError(`${file} is empty; expected a replay file (.mcap)`);
  if (head.length < magic.length || magic.some((byte, i) => head[i] !== byte)) {
    throw new FileError(`${file} is not an MCAP file; expected a replay file made by spikegym`);
  }
}

async function endsAsMcap(source: ByteSource): Promise<boolean> {
  if (source.size < 2 * magic.length) return false;
  const tail = await source.read(source.size - magic.length, magic.length);
  return magic.every((byte, i) => tail[i] === byte);
}

/** The lengths come from the file: refuse those beyond its end before anything is allocated for them. */
async function readExactly(source: ByteSource, offset: bigint, length: bigint): Promise<Uint8Array> {
  if (offset < 0n || length < 0n || offset + length > BigInt(source.size)) {
    throw new Error(`it points to bytes ${offset} to ${offset + length} of ${source.size}`);
  }
  const bytes = await source.read(Number(offset), Number(length));
  if (BigInt(bytes.length) !== length)
    throw new Error(`got ${bytes.length} of ${length} bytes at byte ${offset}`);
  return bytes;
}

async function visitFrontToBack(source: ByteSource, visitor: RecordVisitor): Promise<void> {
  const reader = new McapStreamReader();
  const channels = new Map<number, McapTypes.Channel>();
  const portion = 1024 * 1024;
  for (let offset = 0; offset < source.size; offset += portion) {
    reader.append(await source.read(offset, Math.min(portion, source.size - offset)));
    for (let record = reader.nextRecord(); record !== undefined; record = reader.nextRecord()) {
      if (record.type === "Metadata") visitor.metadata(record.name, record.metadata);
      else if (record.type === "Channel") channels.set(record.id, record);
      else if (record.type === "Message") {
        const channel = channels.get(record.channelId);
        if (channel !== undefined) visitor.message(channel.topic, record.data);
      }
    }
  }
}

function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(/\s+/g, " ").slice(0, 300);
}
