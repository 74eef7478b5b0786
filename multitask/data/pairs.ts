import { readFile } from "node:fs/promises";
import { UsageError } from "../../core/errors.ts";
import type { Rng } from "../../core/rng.ts";
import { describeFileFailure } from "../../training/atomic-file.ts";

/** Which garment and which digit make each sample. */
export interface Pairs {
  readonly fashion: Uint32Array;
  readonly digit: Uint32Array;
}

const HEADER = "fashion_index,mnist_index";

/**
 * Reads a file of pairs: the header `fashion_index,mnist_index`, then two indices a line.
 *
 * @param limits how many images there are of each
 * @throws UsageError one line naming file and line
 */
export async function readPairs(
  path: string,
  limits: { readonly fashion: number; readonly digit: number },
): Promise<Pairs> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw describeFileFailure("read", path, error);
  }
  return parsePairs(text, path, limits);
}

export function parsePairs(
  text: string,
  name: string,
  limits: { readonly fashion: number; readonly digit: number },
): Pairs {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  if (lines[0] !== HEADER) {
    throw new UsageError(`${name}:1 is "${(lines[0] ?? "").slice(0, 60)}", expected "${HEADER}"`);
  }
  const count = lines.length - 1;
  if (count === 0) throw new UsageError(`${name} names no pairs`);
  const pairs = { fashion: new Uint32Array(count), digit: new Uint32Array(count) };
  for (let i = 0; i < count; i++) {
    const where = `${name}:${i + 2}`;
    const match = /^(\d+),(\d+)$/.exec(lines[i + 1]!);
    if (match === null) {
      throw new UsageError(`${where} is "${lines[i + 1]!.slice(0, 60)}", expected two indices, e.g. 17,4`);
    }
    const [fashion, digit] = [Number(match[1]), Number(match[2])];
    if (fashion >= limits.fashion) {
      throw new UsageError(`${where}: garment ${fashion}, but there are only ${limits.fashion} (from 0)`);
    }
    if (digit >= limits.digit) {
      throw new UsageError(`${where}: digit ${digit}, but there are only ${limits.digit} (from 0)`);
    }
    pairs.fashion[i] = fashion;
    pairs.digit[i] = digit;
  }
  return pairs;
}

/** `count` pairs drawn from a stream, each image as often as any other (up to one). */
export function drawPairs(count: number, fashion: number, digit: number, rng: Rng): Pairs {
  return {
    fashion: drawEvenly(count, fashion, rng.split("fashion")),
    digit: drawEvenly(count, digit, rng.split("digit")),
  };
}

/** Shuffled copies of 0 to n - 1, one after another, cut to `count`. */
function drawEvenly(count: number, n: number, rng: Rng): Uint32Array {
  const drawn = new Uint32Array(count);
  for (let start = 0; start < count; start += n) {
    drawn.set(shuffled(n, rng).subarray(0, Math.min(n, count - start)), start);
  }
  return drawn;
}

/** A random order of 0 to n - 1 (Fisher and Yates). */
export function shuffled(n: number, rng: Rng): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = rng.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
