import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { UsageError } from "../../core/errors.ts";
import { describeFileFailure } from "../../training/atomic-file.ts";

/**
 * The IDX format (LeCun): two zero bytes, the type of a number, how many axes, each axis' length as a big-endian
 * 32-bit integer, then the numbers. Only unsigned bytes (type 8) are pixels or labels here.
 */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

const UNSIGNED_BYTE = 8;
const TYPE_NAMES: Readonly<Record<number, string>> = {
  9: "signed bytes",
  11: "16-bit integers",
  12: "32-bit integers",
  13: "32-bit floats",
  14: "64-bit floats",
};
/** More than any file a run can hold in memory; against hostile headers. */
const MAX_VALUES = 2 ** 31;

/**
 * Reads an IDX file, gzipped or not.
 *
 * @throws UsageError one line: the file is missing, cut off, foreign, or not of unsigned bytes
 */
export async function readIdx(path: string): Promise<IdxArray> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      throw new UsageError(`${path} is missing; see spikegym multitask data`);
    }
    throw describeFileFailure("read", path, error);
  }
  return parseIdx(unzip(bytes, path), path);
}

function unzip(bytes: Uint8Array, path: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_VALUES });
  } catch (error) {
    throw new UsageError(
      `${path} is cut off or damaged (${(error as Error).message}); remove it and get it again: spikegym multitask data --download`,
    );
  }
}

/**
 * The array in an IDX file's bytes.
 *
 * @param name how errors call the file
 */
export function parseIdx(bytes: Uint8Array, name: string): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [type, axes] = [bytes[2], bytes[3]];
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || type === undefined || axes === undefined) {
    throw new UsageError(`${name} is no IDX file: it does not begin with two zero bytes`);
  }
  if (type !== UNSIGNED_BYTE) {
    const got = TYPE_NAMES[type] ?? `numbers of type ${type}`;
    const fix =
      type === 13 || type === 14
        ? "; if they are pixels scaled to 0-1, multiply by 255 and write them as bytes (type 8)"
        : "";
    throw new UsageError(`${name} holds ${got}, expected unsigned bytes from 0 to 255${fix}`);
  }
  const header = 4 + 4 * axes;
  if (axes === 0 || bytes.length < header) throw new UsageError(`${name} is cut off within its header`);
  const shape = Array.from({ length: axes }, (_, i) => view.getUint32(4 + 4 * i));
  const count = shape.reduce((product, n) => product * n, 1);
  const got = bytes.length - header;
  if (got !== count) {
    const what = got < count ? "is cut off" : "has bytes to spare";
    throw new UsageError(`${name} ${what}: ${got} values, expected ${count} for [${shape.join(", ")}]`);
  }
  return { shape, values: bytes.subarray(header) };
}

/** The bytes of an IDX file of unsigned bytes. */
export function encodeIdx({ shape, values }: IdxArray): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length);
  const view = new DataView(bytes.buffer);
  bytes[2] = UNSIGNED_BYTE;
  bytes[3] = shape.length;
  shape.forEach((n, i) => {
    view.setUint32(4 + 4 * i, n);
  });
  bytes.set(values, 4 + 4 * shape.length);
  return bytes;
}
