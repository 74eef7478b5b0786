import { SpikegymError } from "../../core/errors.ts";
import type { ByteSource } from "../../core/replay-file/mcap-source.ts";

/** A first request of this size gets a small file whole. */
const firstBytes = 4 * 2 ** 20;
const blockBytes = 2 ** 20;
/** Blocks kept, the ones used last. */
const keptBlocks = 48;

/**
 * Fetches a file by HTTP: the whole of it when it is small or the server knows no ranges, else piece by piece as it is
 * read.
 *
 * @throws SpikegymError when the server cannot be reached or has no such file
 */
export async function fetchSource(url: string): Promise<Blob | ByteSource> {
  const response = await request(url, 0, firstBytes);
  if (response.status === 200) return response.blob();
  const size = Number(/\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1]);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length === size) return new Blob([bytes]);
  if (!Number.isSafeInteger(size)) {
    throw new SpikegymError(`${url}: the server sent a part of the file, but not the file's size`);
  }
  const version = response.headers.get("etag") ?? response.headers.get("last-modified");
  return new RangeSource(url, size, version, bytes);
}

async function request(
  url: string,
  start: number,
  length: number,
  version?: string | null,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      headers: {
        range: `bytes=${start}-${start + length - 1}`,
        ...(version == null || version.startsWith("W/") ? {} : { "if-range": version }),
      },
    });
  } catch (error) {
    throw new SpikegymError(
      `${url} could not be reached (${(error as Error).message}); is the server running?`,
    );
  }
  // An empty file has no bytes to give a range of.
  if (response.status === 416) return new Response(new Blob(), { status: 200 });
  if (!response.ok) {
    throw new SpikegymError(`${url} answered ${response.status} ${response.statusText}; check the address`);
  }
  return response;
}

/** A file behind range requests, in blocks that are fetched once and kept while they are in use. */
class RangeSource implements ByteSource {
  readonly size: number;
  readonly #url: string;
  readonly #version: string | null;
  /** The one used last is the last. */
  readonly #blocks = new Map<number, Promise<Uint8Array>>();

  constructor(url: string, size: number, version: string | null, head: Uint8Array) {
    this.#url = url;
    this.size = size;
    this.#version = version;
    for (let block = 0; (block + 1) * blockBytes <= head.length; block++) {
      const part = head.subarray(block * blockBytes, (block + 1) * blockBytes);
      this.#blocks.set(block, Promise.resolve(part));
    }
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(this.size, offset + length);
    const first = Math.floor(offset / blockBytes);
    const last = Math.max(first, Math.ceil(end / blockBytes) - 1);
    this.#fetchMissing(first, last);
    const result = new Uint8Array(Math.max(0, end - offset));
    for (let block = first; block <= last; block++) {
      const start = block * blockBytes;
      const bytes = await this.#blocks.get(block)!;
      const from = Math.max(0, offset - start);
      result.set(bytes.subarray(from, Math.max(from, end - start)), start + from - offset);
    }
    this.#forget(last - first + 1);
    return result;
  }

  /** One request for each run of neighbours that are not here. */
  #fetchMissing(first: number, last: number): void {
    for (let block = first; block <= last; block++) {
      const here = this.#blocks.get(block);
      if (here !== undefined) {
        this.#blocks.delete(block);
        this.#blocks.set(block, here);
        continue;
      }
      let count = 1;
      while (block + count <= last && !this.#blocks.has(block + count)) count++;
      const run = this.#fetch(block * blockBytes, count * blockBytes);
      for (let i = 0; i < count; i++) {
        const part = run.then((bytes) => bytes.subarray(i * blockBytes, (i + 1) * blockBytes));
        // A failure belongs to whoever reads the block; the next one tries again.
        part.catch(() => this.#blocks.delete(block + i));
        this.#blocks.set(block + i, part);
      }
      block += count - 1;
    }
  }

  async #fetch(start: number, length: number): Promise<Uint8Array> {
    const response = await request(this.#url, start, length, this.#version);
    if (response.status !== 206) {
      throw new SpikegymError(`${this.#url} has changed since it was opened; load the page again`);
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    const expected = Math.min(length, this.size - start);
    if (bytes.length !== expected) {
      throw new SpikegymError(`${this.#url}: got ${bytes.length} of ${expected} bytes at byte ${start}`);
    }
    return bytes;
  }

  #forget(inUse: number): void {
    for (const block of this.#blocks.keys()) {
      if (this.#blocks.size <= Math.max(keptBlocks, inUse)) return;
      this.#blocks.delete(block);
    }
  }
}
