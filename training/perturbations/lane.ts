import { UsageError } from "../../core/errors.ts";
import { Rng, type RngState } from "../../core/rng.ts";
import { perturbations } from "./index.ts";
import { ScheduleFactor } from "./schedule.ts";
import type { PerturbationSpec } from "./spec.ts";

export interface LaneState {
  readonly rng: RngState;
  readonly factor: readonly number[];
}

/** The level of one perturbation over an episode, and a random stream of its own. */
export class Lane {
  readonly spec: PerturbationSpec;
  readonly #streamName: string;
  readonly #factor: ScheduleFactor;
  readonly #least: number;
  rng: Rng;

  /** @param at its place among all perturbations, which tells two of the same axis apart */
  constructor(spec: PerturbationSpec, at: number) {
    this.spec = spec;
    this.#streamName = `perturbation/${at}/${spec.axis}`;
    this.#least = perturbations.get(spec.axis).range.min;
    this.#factor = new ScheduleFactor(spec.schedule, this.#least < 0);
    this.rng = this.#stream(0);
  }

  /** A new episode; with a seed, one that depends on nothing before it. */
  start(seed: number | undefined): void {
    if (seed !== undefined) this.rng = this.#stream(seed);
    this.#factor.start();
  }

  /** To be asked once for each moment, in order. A swing to the other side ends at the axis' least level. */
  level(seconds: number): number {
    return Math.max(this.#least, this.spec.level * this.#factor.at(seconds, this.rng));
  }

  save(): LaneState {
    return { rng: this.rng.snapshot(), factor: this.#factor.save() };
  }

  load({ rng, factor }: LaneState): void {
    this.rng.restore(rng);
    this.#factor.load(factor);
  }

  #stream(seed: number): Rng {
    return new Rng(`env/${seed}`).split(this.#streamName);
  }
}

/** The chosen entries of a row of `size` numbers. */
export function dimensionsOf({ axis, dimensions }: PerturbationSpec, size: number): readonly number[] {
  if (dimensions === null) return Array.from({ length: size }, (_, i) => i);
  const wrong = dimensions.find((i) => i >= size);
  if (wrong !== undefined) {
    throw new UsageError(`perturbation "${axis}": dimension ${wrong}, expected 0 to ${size - 1}`);
  }
  return dimensions;
}
