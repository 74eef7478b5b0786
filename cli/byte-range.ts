/** Bytes of a file, from `start` up to but not including `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a `Range` header (RFC 9110, section 14).
 *
 * @param header its value, e.g. `bytes=0-99`, `bytes=100-` or `bytes=-50`
 * @param size bytes of the file
 * @returns undefined for the whole file: no header, or one that a server may ignore (several ranges, another unit)
 */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return undefined;
  const [first, last] = [match[1]!, match[2]!];
  if (first === "") {
    const count = Math.min(Number(last), size);
    return count === 0 ? "unsatisfiable" : { start: size - count, end: size };
  }
  const start = Number(first);
  if (start >= size) return "unsatisfiable";
  if (last === "") return { start, end: size };
  // A range that ends before it starts is no range at all.
  return Number(last) < start ? undefined : { start, end: Math.min(Number(last) + 1, size) };
}
