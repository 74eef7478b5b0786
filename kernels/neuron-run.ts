import type { NeuronKernel } from "./neuron-kernels.ts";

/** How a population is run. */
export interface NeuronRun {
  readonly neuron: NeuronKernel;
  /** Ticks each input is shown for. */
  readonly repeat: number;
  /** Mean over the ticks instead of every tick. */
  readonly mean: boolean;
  /** The constants want a gradient too (some of them are trained). */
  readonly trainsConstants?: boolean;
  /** Who runs it, for errors. */
  readonly name?: string;
}
