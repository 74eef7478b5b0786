import { z } from "zod";
import { FileError, ShapeError } from "../core/errors.ts";

/**
 * The safetensors format (https://github.com/huggingface/safetensors): the header's length as a little-endian uint64,
 * the header as JSON, then the values of all arrays one after another, little-endian, without gaps.
 */

/** Values and their shape, the last axis fastest. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array | Int32Array | Uint8Array;
}

export type NamedArrays = Readonly<Record<string, NamedArray>>;

const FORMATS = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  U8: Uint8Array,
} as const;

type FormatName = keyof typeof FORMATS;

const entrySchema = z.strictObject({
  dtype: z.enum(["F64", "F32", "I32", "U8"]),
  shape: z.array(z.number().int().min(0)),
  data_offsets: z.tuple([z.number().int().min(0), z.number().int().min(0)]),
});

/** The header's key of free text about the file, which any program may add. */
const METADATA = "__metadata__";

/** The format's own limit, against hostile files. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * The file as pieces to be written one after another: the header, then views of the arrays' own memory (no copies, so
 * write them before the arrays change).
 *
 * @param metadata free text about the file, by key
 * @throws ShapeError when a shape does not fit its values
 */
export function encodeSafetensors(
  arrays: NamedArrays,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array[] {
  // Widest numbers first keeps every array aligned to its own size; ties by name make the bytes independent of the
  // order in which the arrays were listed.
  const sorted = Object.entries(arrays)
    .map(([name, array]) => ({ name, array, format: formatOf(array) }))
    .sort((a, b) => bytesPer(b.format) - bytesPer(a.format) || (a.name < b.name ? -1 : 1));
  const entries: [string, z.input<typeof entrySchema>][] = [];
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (const { name, array, format } of sorted) {
    const { shape, values } = array;
    if (countOf(shape) !== values.length) {
      throw new ShapeError(`safetensors: "${name}"`, shape, `the shape of ${values.length} values`);
    }
    entries.push([
      name,
      { dtype: format, shape: [...shape], data_offsets: [offset, offset + values.byteLength] },
    ]);
    pieces.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    offset += values.byteLength;
  }
  // fromEntries defines properties, so even an array called "__proto__" is an entry like any other.
  const named = metadata === undefined ? entries : [[METADATA, metadata] as const, ...entries];
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(named)));
  // Spaces up to a multiple of 8 keep the values aligned in a mapped file.
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  return [header, ...pieces];
}

/**
 * The arrays of a file, copied out of it.
 *
 * @param name how errors call the file
 * @throws FileError one line: foreign, cut off, or its header does not describe its bytes
 */
export function decodeSafetensors(bytes: Uint8Array, name: string): NamedArrays {
  const header = readHeader(bytes, name);
  const data = bytes.subarray(8 + header.bytes);
  let covered = 0;
  const arrays = header.entries.map(([arrayName, entry]): [string, NamedArray] => {
    const parsed = entrySchema.safeParse(entry);
    if (!parsed.success) {
      throw new FileError(
        `${name}: array "${arrayName}" is described as ${JSON.stringify(entry)?.slice(0, 80)}: ${parsed.error.issues[0]!.message}`,
      );
    }
    const { dtype, shape, data_offsets } = parsed.data;
    const [start, end] = data_offsets;
    const size = countOf(shape) * bytesPer(dtype);
    if (end - start !== size) {
      throw new FileError(
        `${name}: array "${arrayName}" of ${dtype} [${shape.join(", ")}] has ${end - start} bytes, expected ${size}`,
      );
    }
    if (end > data.length) {
      throw new FileError(
        `${name} is cut off: array "${arrayName}" ends at byte ${end} of the values, but there are only ${data.length}`,
      );
    }
    covered += size;
    // A copy starts at offset 0 of its own buffer, which is aligned for any format. (Not `slice`: a Buffer's is a view.)
    const copy = new Uint8Array(size);
    copy.set(data.subarray(start, end));
    return [arrayName, { shape, values: new FORMATS[dtype](copy.buffer) }];
  });
  if (covered !== data.length) {
    throw new FileError(
      `${name} has ${data.length} bytes of values, expected the ${covered} its header describes`,
    );
  }
  return Object.fromEntries(arrays);
}

/** The free text of a file, by key; empty where it has none. Throws a FileError for a foreign or cut off one. */
export function readSafetensorsMetadata(bytes: Uint8Array, name: string): Record<string, string> {
  const parsed = z.record(z.string(), z.string()).safeParse(readHeader(bytes, name).metadata ?? {});
  if (!parsed.success) throw new FileError(`${name}: its metadata is no text by key`);
  return parsed.data;
}

interface Header {
  readonly bytes: number;
  readonly entries: [string, unknown][];
  readonly metadata: unknown;
}

function readHeader(bytes: Uint8Array, name: string): Header {
  const foreign = new FileError(
    `${name} is no safetensors file; expected one that spikegym or safetensors wrote`,
  );
  if (bytes.length < 8) throw foreign;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length < 2n || length > BigInt(MAX_HEADER_BYTES)) throw foreign;
  if (length > BigInt(bytes.length - 8)) {
    throw new FileError(
      `${name} is cut off within its header (or no safetensors file): ${bytes.length} bytes`,
    );
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + Number(length))));
  } catch {
    throw foreign;
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) throw foreign;
  return {
    bytes: Number(length),
    entries: Object.entries(header).filter(([key]) => key !== METADATA),
    metadata: (header as Record<string, unknown>)[METADATA],
  };
}

function formatOf({ values }: NamedArray): FormatName {
  if (values instanceof Float64Array) return "F64";
  if (values instanceof Float32Array) return "F32";
  return values instanceof Int32Array ? "I32" : "U8";
}

function bytesPer(format: FormatName): number {
  return FORMATS[format].BYTES_PER_ELEMENT;
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
