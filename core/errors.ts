import { distance } from "fastest-levenshtein";

/** Any failure this project reports on purpose. The command line prints its message as one line and exits 1. */
export class SpikegymError extends Error {
  readonly exitCode: number = 1;
  override name = "SpikegymError";
}

/** Wrong usage or configuration: the command line exits 2. */
export class UsageError extends SpikegymError {
  override readonly exitCode: number = 2;
  override name = "UsageError";
}

/** A file that is cut off, damaged, or not what it should be. */
export class FileError extends SpikegymError {
  override name = "FileError";
}

/** A quantity of a learner that is not finite any more: it cannot go on from there. */
export class DivergenceError extends SpikegymError {
  override name = "DivergenceError";
}

/** A tensor or array of the wrong shape; it names the place and both shapes. */
export class ShapeError extends SpikegymError {
  override name = "ShapeError";

  constructor(where: string, got: readonly number[], expected: string, hint?: string) {
    super(`${where} is [${got.join(", ")}], expected ${expected}${hint ? `; ${hint}` : ""}`);
  }
}

/** The candidate closest to a misspelt word, or undefined when nothing is near (more than half of it differs). */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const d = distance(word.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) {
      bestDistance = d;
      best = candidate;
    }
  }
  return best !== undefined && bestDistance <= Math.max(word.length, best.length) / 2 ? best : undefined;
}

/** "unknown <kind> "<got>"; did you mean "<nearest>"? (known: a, b, c)" */
export function unknownName(kind: string, got: string, known: readonly string[]): UsageError {
  const near = nearest(got, known);
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  return new UsageError(`unknown ${kind} "${got}"${hint} (known: ${known.join(", ")})`);
}
