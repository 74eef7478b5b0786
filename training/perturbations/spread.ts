import type { Rng } from "../../core/rng.ts";
import { defineNetwork } from "./definition.ts";

/** A constant that stops being the same in every neuron. */
export interface Spread<Id extends string> {
  readonly id: Id;
  readonly summary: string;
  readonly unit: string;
  readonly constant: "threshold" | "conductance";
  /** What a neuron's constant is multiplied by, drawn for each. */
  factor(level: number, rng: Rng): number;
}

export function defineSpread<Id extends string>({ constant, factor, ...spread }: Spread<Id>) {
  return defineNetwork({
    ...spread,
    kind: "network",
    references: [],
    range: { min: 0, max: 2 },
    scale: [0.005, 0.02, 0.05, 0.1, 0.2],
    scheduled: false,
    apply(network, level, rng) {
      network.spread(
        constant,
        Float32Array.from({ length: network.units }, () => factor(level, rng)),
      );
    },
  });
}
