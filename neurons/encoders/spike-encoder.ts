import type { Tensor3D } from "@tensorflow/tfjs-core";
import type { z } from "zod";
import type { Definition } from "../../core/catalogue.ts";

/** How many of the latest observations an encoder looks at, and how long it shows them. */
export interface SpikeEncoder {
  readonly id: string;
  /** Observations in the window, the newest last. */
  readonly window: number;
  /** Ticks each encoded input lasts; ticks of a decision = inputs x repeat. */
  readonly repeat: number;
  readonly ticks: number;
  /** Numbers an input has, for observations of `size` numbers. */
  inputSize(size: number): number;
  /**
   * @param window the latest observations, oldest first, [window, batch, observation]
   * @returns what the neurons are shown, [inputs, batch, inputSize], each input for `repeat` ticks
   */
  encode(window: Tensor3D): Tensor3D;
}

export interface EncoderDefinition<Id extends string = string, S extends z.ZodObject = z.ZodObject>
  extends Definition<Id> {
  readonly parameters: S;
  create(parameters: z.output<S>): SpikeEncoder;
}

export function defineEncoder<Id extends string, S extends z.ZodObject>(
  definition: EncoderDefinition<Id, S>,
): EncoderDefinition<Id, S> {
  return definition;
}
