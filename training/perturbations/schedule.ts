import { z } from "zod";
import type { Rng } from "../../core/rng.ts";

const seconds = z.number().positive();

/** How a perturbation's level moves within an episode: level(t) = level x factor(t). */
export const scheduleSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant") }),
  z.strictObject({
    kind: z.literal("step"),
    atS: z.number().min(0).default(2).describe("nothing before this time of the episode, s"),
    untilS: seconds.nullable().default(null).describe("and nothing after this one; null: to the end, s"),
  }),
  z.strictObject({
    kind: z.literal("drift"),
    overS: seconds.default(10).describe("rises from nothing to its level in this time, s"),
  }),
  z.strictObject({
    kind: z.literal("periodic"),
    periodS: seconds.default(4).describe("swings with this period, s"),
  }),
  z.strictObject({
    kind: z.literal("walk"),
    spread: seconds
      .default(0.5)
      .describe("standard deviation of the change of the factor in a second, reflected at its ends"),
  }),
]);

export type Schedule = z.output<typeof scheduleSchema>;

/**
 * The factor of a schedule at a time t of the episode, between 0 (-1 for axes with two sides) and 1:
 *
 *   constant 1;   step [at <= t < until];   drift min(1, t / over);
 *   periodic (1 - cos(2 pi t / period)) / 2, or sin(2 pi t / period) for two sides;
 *   walk: a Gaussian random walk from 0, reflected at both ends.
 */
export class ScheduleFactor {
  readonly #schedule: Schedule;
  readonly #low: number;
  #walk = 0;
  #time = 0;

  constructor(schedule: Schedule, twoSided: boolean) {
    this.#schedule = schedule;
    this.#low = twoSided ? -1 : 0;
  }

  start(): void {
    this.#walk = 0;
    this.#time = 0;
  }

  at(t: number, rng: Rng): number {
    const s = this.#schedule;
    switch (s.kind) {
      case "constant":
        return 1;
      case "step":
        return t >= s.atS && t < (s.untilS ?? Number.POSITIVE_INFINITY) ? 1 : 0;
      case "drift":
        return Math.min(1, t / s.overS);
      case "periodic": {
        const phase = (2 * Math.PI * t) / s.periodS;
        return this.#low < 0 ? Math.sin(phase) : (1 - Math.cos(phase)) / 2;
      }
      case "walk":
        this.#walk = reflect(
          this.#walk + s.spread * Math.sqrt(Math.max(0, t - this.#time)) * rng.normal(),
          this.#low,
        );
        this.#time = t;
        return this.#walk;
    }
  }

  save(): readonly number[] {
    return [this.#walk, this.#time];
  }

  load([walk, time]: readonly number[]): void {
    this.#walk = walk!;
    this.#time = time!;
  }
}

/** Folds a number into [low, 1] as a mirror at either end would. */
function reflect(x: number, low: number): number {
  const width = 1 - low;
  const folded = (((x - low) % (2 * width)) + 2 * width) % (2 * width);
  return low + (folded > width ? 2 * width - folded : folded);
}
