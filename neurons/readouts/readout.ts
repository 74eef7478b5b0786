import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { z } from "zod";
import type { Definition } from "../../core/catalogue.ts";

/**
 * What a readout looks at. `mean` is worked out inside the neurons' kernel and costs nothing; `outputs` and `membranes`
 * keep every tick.
 */
export type ReadoutSource = "mean" | "outputs" | "membranes";

/** Turns what a population did over all ticks into one number a unit (or a few for all of them). */
export interface Readout {
  readonly id: string;
  readonly source: ReadoutSource;
  /** Numbers it gives for a population with `units` outputs. Throws a UsageError where the two do not fit. */
  outputSize(units: number): number;
  /**
   * @param x the mean output [batch, units], or the outputs or membranes of every tick [ticks, batch, units]
   * @returns [batch, outputSize], differentiable in x
   */
  read(x: Tensor): Tensor2D;
}

export interface ReadoutDefinition<Id extends string = string, S extends z.ZodObject = z.ZodObject>
  extends Definition<Id> {
  readonly parameters: S;
  create(parameters: z.output<S>): Readout;
}

export function defineReadout<Id extends string, S extends z.ZodObject>(
  definition: ReadoutDefinition<Id, S>,
): ReadoutDefinition<Id, S> {
  return definition;
}
