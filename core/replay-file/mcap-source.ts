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
  const head = await source.read(0, magic.length);
  if (source.size === 0) throw new FileError(`${file} is empty; expected a replay file (.mcap)`);
  if (head.length < magic.length || magic.some((byte, i) => head[i] !== byte)) {
    throw new FileError(`${file} is not an MCAP file; expected a replay file made by spikegym`);
  }
  try {
    const tail = await source.read(source.size - magic.length, magic.length);
    const whole = source.size >= 2 * magic.length && magic.every((byte, i) => tail[i] === byte);
    if (whole) await visitIndexed(source, visitor);
    else await visitFrontToBack(source, visitor);
    return { whole };
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError(`${file} is damaged: ${oneLine(error)}; record the episode again`);
  }
}

async function visitIndexed(source: ByteSource, visitor: RecordVisitor): Promise<void> {
  const reader = await McapIndexedReader.Initialize({
    readable: {
      size: async () => BigInt(source.size),
      read: (offset, length) => readExactly(source, offset, length),
    },
  });
  for await (const record of reader.readMetadata()) visitor.metadata(record.name, record.metadata);
  for await (const record of reader.readMessages()) {
    const channel = reader.channelsById.get(record.channelId);
    if (channel !== undefined) visitor.message(channel.topic, record.data);
  }
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
