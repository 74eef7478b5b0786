import type { Channel } from "./definition.ts";

/**
 * Hands out the values of `level` steps ago (rounded); before the start they were those of the start.
 *
 * @param largest the longest delay it will meet, steps
 */
export function delayLine(size: number, largest: number): Channel {
  const frames = Math.round(largest) + 1;
  // Newest first.
  const memory = new Float64Array(frames * size);
  return {
    memory,
    start(values) {
      for (let frame = 0; frame < frames; frame++) memory.set(values, frame * size);
    },
    apply(values, level, dimensions) {
      memory.copyWithin(size, 0);
      memory.set(values);
      const from = Math.min(frames - 1, Math.round(level)) * size;
      for (const i of dimensions) values[i] = memory[from + i]!;
    },
  };
}
