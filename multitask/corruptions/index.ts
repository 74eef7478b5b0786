import { z } from "zod";
import { Catalogue } from "../../core/catalogue.ts";
import { UsageError } from "../../core/errors.ts";
import type { Rng } from "../../core/rng.ts";
import { contrast } from "./contrast.ts";
import type { ImageSize } from "./corruption.ts";
import { fixedNoise, freshNoise } from "./noise.ts";
import { occlusion } from "./occlusion.ts";
import { shift } from "./shift.ts";

/** Every corruption of images. Adding one: write its file, add one line here. */
export const corruptions = new Catalogue("corruption", [fixedNoise, freshNoise, occlusion, shift, contrast]);

/** Which corruption at which level. */
export const corruptionSchema = z.strictObject({
  kind: z.string().describe("an id of the corruptions' catalogue"),
  level: z.number().describe("how much; what the number is depends on the kind"),
});

export type CorruptionConfig = z.output<typeof corruptionSchema>;

/** Changes a batch of images in place. */
export type Corrupt = (images: Float32Array, rng: Rng) => void;

/** The corruption asked for. Throws a UsageError for an unknown kind or a level out of its range. */
export function makeCorruption({ kind, level }: CorruptionConfig, size: ImageSize, pattern: Rng): Corrupt {
  const definition = corruptions.get(kind);
  const { min, max } = definition;
  if (!(level >= min && level <= max)) {
    throw new UsageError(
      `corruption "${kind}": level is ${level}, expected ${min} to ${max} (${definition.level})`,
    );
  }
  return definition.create(level, size, pattern);
}
