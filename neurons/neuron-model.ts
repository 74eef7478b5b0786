import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { z } from "zod";
import type { Definition } from "../core/catalogue.ts";
import type { Rng } from "../core/rng.ts";
import type { NeuronKernel } from "../kernels/neuron-kernels.ts";
import type { TrainedConstant } from "./constant.ts";

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
  /** Currents a unit takes: a layer projects onto [batch, inputsPerUnit x units], one plane of units after the other. */
  readonly inputsPerUnit: number;
  /** Spike trains a unit gives: [batch, outputsPerUnit x units]. */
  readonly outputsPerUnit: number;
  /** The names of what is carried from tick to tick, in the kernel's order; keys of `rest`. */
  readonly states: readonly string[];
  /** The constants that are trained; empty for most. */
  readonly trained: readonly TrainedConstant[];
  /** Where row 0 of `trained` stands in the constants of a run of `ticks` ticks; absent: at their beginning. */
  trainedFrom?(ticks: number): number;
  /**
   * Standard deviation of the current with which a population begins in its firing regime: some 5 to 80 % of its highest
   * rate, for inputs of mean 0. Layers scale their weights by it (`initialisation: "firing"`).
   */
  readonly startingCurrent: number;
  /** Per-unit constants for a run of `ticks` ticks, random ones drawn from `rng`. */
  constants(units: number, ticks: number, rng: Rng): NeuronConstants;
  /**
   * Makes the neurons of a population unlike: multiplies each unit's own threshold, or all its conductances (of a
   * discrete-time membrane: its leak), in `constants` as `constants()` made them. Absent where a model has no such
   * constant of each unit.
   */
  readonly spread?: Partial<Record<"threshold" | "conductance", NeuronSpread>>;
  /** What the kernel reads, from constants with trained values applied; absent where it reads those themselves. */
  kernelConstants?(constants: Tensor2D, ticks: number): Tensor2D;
  /** The resting state. */
  rest(batch: number, units: number): NeuronState;
  /**
   * One tick.
   *
   * @param constants [rows, units]
   * @param current [batch, inputsPerUnit x units]
   * @param tick its number from the start of the run
   * @returns the output of this tick [batch, outputsPerUnit x units] and the state after it
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

/** The carried part of a state as the kernels take it, [states, batch, units]. */
export function packState({ states }: Pick<NeuronModel, "states">, state: NeuronState): Tensor3D {
  return tf.stack(states.map((name) => state[name]!)) as Tensor3D;
}

/** The resting state as the kernels take it, [states, batch, units]. */
export function restingState(model: NeuronModel, batch: number, units: number): Tensor3D {
  return packState(model, model.rest(batch, units));
}

/** The state that `packed` [states, batch, units] stands for; what is not carried starts from rest. */
export function unpackState(model: NeuronModel, packed: Tensor3D): NeuronState {
  const [, batch, units] = packed.shape;
  const parts = tf.unstack(packed) as Tensor2D[];
  return {
    ...model.rest(batch, units),
    ...Object.fromEntries(model.states.map((name, i) => [name, parts[i]!])),
  };
}

/** `readVariables` of a model whose recorded variables are its states, in their order. */
export function readStates(count: number): NeuronModel["readVariables"] {
  return ({ ticks, units, states }, unit, out) => {
    for (let i = 0; i < ticks * count; i++) out[i] = states[i * units + unit]!;
  };
}

/** A spread that multiplies these rows by the unit's factor. */
export function scaleRows(rows: readonly number[]): NeuronSpread {
  return (constants, factors) => {
    const units = factors.length;
    for (const row of rows) {
      for (let u = 0; u < units; u++) constants[row * units + u]! *= factors[u]!;
    }
  };
}

/** A spread of a leak that is kept as the decay of this row: d = exp(-dt g / C), so a leak f times as large makes it d^f. */
export function scaleLeak(row: number): NeuronSpread {
  return (constants, factors) => {
    const units = factors.length;
    for (let u = 0; u < units; u++) constants[row * units + u]! **= factors[u]!;
  };
}
