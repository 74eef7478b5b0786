import type { Definition } from "../../core/catalogue.ts";
import type { Rng } from "../../core/rng.ts";

/** The images that are corrupted: pixels 0-255, rows one after another. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** A way to make images worse, at a level of one number. */
export interface CorruptionDefinition<Id extends string = string> extends Definition<Id> {
  /** What the level is, with its unit. */
  readonly level: string;
  readonly min: number;
  readonly max: number;
  /** The level that changes nothing. */
  readonly none: number;
  /** Levels that a test goes through, from mild to harsh. */
  readonly levels: readonly number[];
  /**
   * @param pattern draws what stays the same for a whole run
   * @returns changes images [count, height, width] in place; `rng` draws what is new for each
   */
  create(level: number, size: ImageSize, pattern: Rng): (images: Float32Array, rng: Rng) => void;
}

export function defineCorruption<Id extends string>(
  definition: CorruptionDefinition<Id>,
): CorruptionDefinition<Id> {
  return definition;
}

/** Calls `visit` with each image of a batch, a view. */
export function forEachImage(
  images: Float32Array,
  { height, width }: ImageSize,
  visit: (image: Float32Array) => void,
): void {
  const pixels = height * width;
  for (let at = 0; at < images.length; at += pixels) visit(images.subarray(at, at + pixels));
}
