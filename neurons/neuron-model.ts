import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { z } from "zod";
import type { Definition } from "../core/catalogue.ts";
import type { Rng } from "../core/rng.ts";
import type { NeuronKernel } from "../kernels/neuron.ts";

/** @param factors [units]; @param ticks as the constants were made for */
export type NeuronSpread = (constants: Float32Array, factors: Float32Array, ticks: number) => void;

/** One quantity of a neuron that can be recorded. */
export interface NeuronVariable {
  readonly name: string;
  /** Empty when it has none. */
  readonly unit: string;
  readonly role: "membrane" | "gate" | "current" | "other";
}

/** The membrane and whatever else a tick carries to the next; each [batch, units]. */
export type NeuronState = Readonly<Record<string, Tensor2D>>;

/** What is worked out once for each population: one row of `units` numbers after another. */
export interface NeuronConstants {
  readonly rows: number;
  readonly values: Float32Array;
}

/**
 * A spiking neuron: pure functions of a state, written twice. `step` is the definition, one tick in plain tfjs ops, to
 * be read beside the equations; `kernel` names the fused form that runs all ticks in one call. The tests hold them
 * together.
 */
export interface NeuronModel {
  readonly id: string;
  readonly kernel: NeuronKernel;
  /** The kernel whose output is spikes, where `kernel`'s is something smoother; for recording. */
  readonly spikeKernel?: NeuronKernel;
  /** Neural time of one tick, ms; null where the model has no time scale of its own. */
  readonly tickMs: number | null;
  /** A spike is a membrane above this. */
  readonly threshold: number;
  readonly variables: readonly NeuronVariable[];
  /** Per-unit constants for a run of `ticks` ticks, random ones drawn from `rng`. */
  constants(units: number, ticks: number, rng: Rng): NeuronConstants;
  /**
   * Makes the neurons of a population unlike: multiplies each unit's own threshold, or all its conductances (of a
   * discrete-time membrane: its leak), in `constants` as `constants()` made them. Absent where a model has no such
   * constant of each unit.
   */
  readonly spread?: Partial<Record<"threshold" | "conductance", NeuronSpread>>;
  /** The resting state. */
  rest(batch: number, units: number): NeuronState;
  /**
   * One tick.
   *
   * @param constants [rows, units]
   * @param current [batch, units]
   * @param tick its number from the start of the run
   * @returns the output of this tick [batch, units] and the state after it
   */
  step(
    constants: Tensor2D,
    state: NeuronState,
    current: Tensor2D,
    tick: number,
    ticks: number,
  ): { readonly output: Tensor2D; readonly state: NeuronState };
  /**
   * The recorded variables of one unit: `out` [ticks, variables] from the kernel's trace `states`
   * [ticks, states, units] (batch 1) and the constants.
   */
  readVariables(trace: NeuronTrace, unit: number, out: Float32Array): void;
}

export interface NeuronTrace {
  readonly ticks: number;
  readonly units: number;
  readonly states: Float32Array;
  readonly constants: Float32Array;
}

/** A neuron of the catalogue: parameters with defaults and descriptions, and how to make the model from them. */
export interface NeuronDefinition<Id extends string = string, S extends z.ZodObject = z.ZodObject>
  extends Definition<Id> {
  readonly parameters: S;
  /** Plainly stated things a reader of results must know. */
  readonly caveat?: string;
  create(parameters: z.output<S>): NeuronModel;
}

export function defineNeuron<Id extends string, S extends z.ZodObject>(
  definition: NeuronDefinition<Id, S>,
): NeuronDefinition<Id, S> {
  return definition;
}
