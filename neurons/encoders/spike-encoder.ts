import type { Tensor1D, Tensor3D } from "@tensorflow/tfjs-core";
import type { z } from "zod";
import type { Definition } from "../../core/catalogue.ts";
import type { Rng } from "../../core/rng.ts";
import type { ParameterLayout } from "../../tensors/layout.ts";

/** Arrays of an encoder that are trained with the network behind it. */
export interface EncoderParameters {
  /** For observations of `size` numbers. */
  layout(size: number): ParameterLayout;
  /** Fresh values, flat, as `layout` says. */
  initialise(size: number, rng: Rng): Float32Array;
}

/** What an encoder is handed beside the observations. */
export interface EncoderContext {
  /** Flat, as `trained.layout` says; needed where the encoder has trained parameters. */
  readonly parameters?: Tensor1D;
  /**
   * Draws random spikes. Without it a random encoder draws the same numbers at every call and for every row, so that
   * what it shows is a function of the observation alone (evaluation, the mean action).
   */
  readonly rng?: Rng | null;
}

/** How many of the latest observations an encoder looks at, how long it shows them, and as what. */
export interface SpikeEncoder {
  readonly id: string;
  /** Observations in the window, the newest last. */
  readonly window: number;
  /** Ticks each encoded input lasts; ticks of a decision = inputs x repeat. */
  readonly repeat: number;
  readonly ticks: number;
  /** Whether `encode` draws random numbers. */
  readonly random: boolean;
  /** Absent where nothing is trained. */
  readonly trained?: EncoderParameters;
  /** Numbers an input has, for observations of `size` numbers. */
  inputSize(size: number): number;
  /**
   * @param window the latest observations, oldest first, [window, batch, observation]
   * @returns what the neurons are shown, [inputs, batch, inputSize], each input for `repeat` ticks; differentiable in
   *   the trained parameters
   */
  encode(window: Tensor3D, context?: EncoderContext): Tensor3D;
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
