import { UsageError } from "../core/errors.ts";
import type { Rng } from "../core/rng.ts";
import { Box, Discrete, type Space } from "../core/space.ts";

/**
 * An environment's actions as rows of numbers, as agents give them: a bounded box is [-1, 1] in each dimension (what a
 * Gaussian has sampled outside is clipped), a numbered choice is its number.
 */
export interface ActionRow {
  /** Numbers in a row. */
  readonly size: number;
  /** How many choices; null for a box. */
  readonly choices: number | null;
  /** What the environment takes; for a box a fresh array. */
  toEnvironment(row: Float32Array): unknown;
  /** A uniformly random action. */
  sample(rng: Rng, out: Float32Array): void;
}

/** @throws UsageError for an unbounded box and other spaces */
export function actionRow(space: Space, where: string): ActionRow {
  if (space instanceof Discrete) {
    return {
      size: 1,
      choices: space.n,
      toEnvironment: (row) => row[0]!,
      sample: (rng, out) => {
        out[0] = rng.integer(space.n);
      },
    };
  }
  if (!(space instanceof Box)) {
    throw new UsageError(`${where}: actions are ${space.describe()}, expected a Box or Discrete`);
  }
  const centre = space.low.map((low, i) => (low + space.high[i]!) / 2);
  const half = space.low.map((low, i) => (space.high[i]! - low) / 2);
  if (!half.every(Number.isFinite)) {
    throw new UsageError(
      `${where}: the action space has an infinite bound, expected finite ones; clip it with a wrapper`,
    );
  }
  return {
    size: space.size,
    choices: null,
    toEnvironment: (row) => centre.map((c, i) => c + half[i]! * Math.min(1, Math.max(-1, row[i]!))),
    sample: (rng, out) => rng.fillUniform(out, -1, 1),
  };
}
