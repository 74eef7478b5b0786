import type { Rng } from "../../core/rng.ts";
import { type ExactNumbers, loadNumbers, saveNumbers } from "../../envs/exact-numbers.ts";
import type { Channel } from "./definition.ts";
import { dimensionsOf, Lane, type LaneState } from "./lane.ts";
import type { PerturbationSpec } from "./spec.ts";

/** A perturbation and its place among all of an environment's. */
export interface Placed<D> {
  readonly definition: D;
  readonly spec: PerturbationSpec;
  readonly at: number;
}

interface Stage {
  readonly lane: Lane;
  readonly channel: Channel;
  readonly dimensions: readonly number[];
}

interface StageState extends LaneState {
  readonly memory: ExactNumbers;
}

/** Several channels one after another over the same row of numbers. */
export class ChannelRow {
  readonly #stages: readonly Stage[];

  constructor(placed: readonly Placed<{ create(size: number, largest: number): Channel }>[], size: number) {
    this.#stages = placed.map(({ definition, spec, at }) => ({
      lane: new Lane(spec, at),
      channel: definition.create(size, Math.abs(spec.level)),
      dimensions: dimensionsOf(spec, size),
    }));
  }

  /** A new episode, whose first values are these, not perturbed. */
  start(values: ArrayLike<number>, seed: number | undefined): void {
    for (const { lane, channel } of this.#stages) {
      lane.start(seed);
      channel.start?.(values);
    }
  }

  /** @param after called after each of them */
  apply(values: Float64Array, seconds: number, after?: (values: Float64Array) => void): void {
    for (const { lane, channel, dimensions } of this.#stages) {
      const level = lane.level(seconds);
      const rng: Rng = lane.rng;
      channel.apply(values, level, dimensions, rng);
      after?.(values);
    }
  }

  save(): readonly StageState[] {
    return this.#stages.map(({ lane, channel }) => ({
      ...lane.save(),
      memory: saveNumbers(channel.memory ?? []),
    }));
  }

  load(states: readonly StageState[]): void {
    this.#stages.forEach(({ lane, channel }, i) => {
      lane.load(states[i]!);
      channel.memory?.set(loadNumbers(states[i]!.memory));
    });
  }
}
