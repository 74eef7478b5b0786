import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import { hhTable } from "./hh-table.ts";
import type { KernelHost } from "./host.ts";
import type { Surrogate } from "./surrogate.ts";

/** In the order of kernels/assembly/reset.ts, where they are explained. */
export const resets = ["hard", "soft", "none"] as const;
export type Reset = (typeof resets)[number];

interface Spiking {
  readonly surrogate: Surrogate;
  /** The reset counts as a constant in the gradient. */
  readonly detachReset?: boolean;
}

/** x drives the current I = gain x + offset; a tick is `substeps` integration steps of `dtMs`. */
interface Integrated extends Spiking {
  readonly dtMs: number;
  readonly substeps: number;
  readonly gain: number;
  readonly offset: number;
}

/**
 * Which compiled neuron runs, with what is the same for all units. What differs from unit to unit are rows of the
 * `constants` tensor [rows, units]; the equations stand in neurons/<model>.ts, the rows in kernels/assembly/.
 */
export type NeuronKernel =
  /** constants: threshold */
  | ({ readonly kernel: "binary" } & Spiking)
  /** constants: decay, threshold; `refractory` in ticks */
  | ({ readonly kernel: "lif"; readonly reset: Reset; readonly refractory: number } & Spiking)
  /** constants: decay, threshold, adaptation decay, adaptation strength */
  | ({ readonly kernel: "alif"; readonly reset: Reset } & Spiking)
  /** constants: decay, threshold, w1, w2, w3, b */
  | ({
      readonly kernel: "s-lif2hh";
      /** The gradient in decay and threshold is wanted too, not in the inner weights alone. */
      readonly trainsLeak: boolean;
    } & Spiking)
  /** constants: keep A (one row a tick), drive c (one row a tick), gain dt, threshold; further rows are the model's own */
  | ({
      readonly kernel: "filter";
      /** The ionic currents count as constants in the gradient: dV' / dV = 1 instead of A. */
      readonly detachIonic?: boolean;
    } & Spiking)
  /** constants: a, b, c, d, peak */
  | ({ readonly kernel: "izhikevich" } & Integrated)
  /** constants: g_Na, g_K, g_L, E_Na, E_K, E_L, C, threshold of the output, voltage of a spike */
  | ({
      readonly kernel: "hh";
      /** 0: the output is spikes; else the width of the synaptic sigmoid, mV. */
      readonly smoothMv: number;
      /** Above this voltage the gates and conductances are left out of the gradient. */
      readonly detachAboveMv: number;
      /** Count crossings of the spike voltage instead of the output's threshold. */
      readonly countSpikes?: boolean;
    } & Integrated)
  /** Not compiled: a definition that is run as it stands (kernels/neuron-definition.ts). */
  | DefinedNeuron;

/** A neuron of which only the definition is there: plain tfjs ops, one tick at a time. */
export interface DefinedNeuron extends Spiking {
  readonly kernel: "definition";
  readonly inputsPerUnit: number;
  readonly outputsPerUnit: number;
  /** The resting state, [states, batch, units]. */
  rest(batch: number, units: number): Tensor3D;
  /**
   * @param constants [rows, units]
   * @param state [states, batch, units]
   * @param current [batch, inputsPerUnit x units]
   * @returns output [batch, outputsPerUnit x units] and the state after the tick
   */
  tick(
    constants: Tensor2D,
    state: Tensor3D,
    current: Tensor2D,
    surrogate: Surrogate,
  ): { readonly output: Tensor2D; readonly state: Tensor3D };
}

export type CompiledNeuron = Exclude<NeuronKernel, DefinedNeuron>;

type KernelOf<K extends CompiledNeuron["kernel"]> = Extract<CompiledNeuron, { kernel: K }>;

/** What a history may depend on besides the neuron. */
export interface HistoryRun {
  readonly ticks: number;
  readonly batch: number;
  readonly mean: boolean;
  readonly trainsConstants?: boolean | undefined;
}

/** How one compiled neuron is called, and what it needs. */
export interface KernelBinding<N> {
  /** State arrays a unit. */
  states(neuron: N): number;
  readonly inputsPerUnit: number;
  readonly outputsPerUnit: number;
  /** Rows of the constants it reads. */
  constantRows(ticks: number): number;
  /** Bytes of scratch, forward and backward. */
  scratchBytes(ticks: number, units: number, neuron: N): number;
  /** Bytes kept from the forward for the backward pass, for a unit; where there are none it computes again. */
  historyBytes(neuron: N, run: HistoryRun): number;
  /** True when a membrane is not a number at the end. */
  forward(host: KernelHost, call: number, neuron: N): boolean;
  backward(host: KernelHost, call: number, neuron: N): void;
}

const simple = { inputsPerUnit: 1, outputsPerUnit: 1, historyBytes: () => 0 } as const;

const bindings: { readonly [K in CompiledNeuron["kernel"]]: KernelBinding<KernelOf<K>> } = {
  binary: {
    ...simple,
    states: () => 1,
    constantRows: () => 1,
    scratchBytes: () => 0,
    forward: ({ call: { binaryForward } }, call) => Boolean(binaryForward(call)),
    backward: ({ call: { binaryBackward } }, call) => binaryBackward(call),
  },
  lif: {
    ...simple,
    states: ({ refractory }) => (refractory > 0 ? 2 : 1),
    constantRows: () => 2,
    scratchBytes: (ticks) => 96 + 128 * (ticks + 1),
    forward: ({ call: { lifForward } }, call, { reset, refractory }) =>
      Boolean(lifForward(call, resets.indexOf(reset), refractory)),
    backward: ({ call: { lifBackward } }, call, { reset, refractory }) =>
      lifBackward(call, resets.indexOf(reset), refractory),
  },
  alif: {
    ...simple,
    states: () => 2,
    constantRows: () => 4,
    scratchBytes: (ticks) => 32 * (ticks + 1),
    forward: ({ call: { alifForward } }, call, { reset }) =>
      Boolean(alifForward(call, resets.indexOf(reset))),
    backward: ({ call: { alifBackward } }, call, { reset }) => alifBackward(call, resets.indexOf(reset)),
  },
  "s-lif2hh": {
    inputsPerUnit: 3,
    outputsPerUnit: 4,
    historyBytes: () => 0,
    states: () => 4,
    constantRows: () => 6,
    scratchBytes: (ticks) => 96 * (ticks + 1),
    forward: ({ call: { sLif2HhForward } }, call) => Boolean(sLif2HhForward(call)),
    backward: ({ call: { sLif2HhBackward } }, call, { trainsLeak }) =>
      sLif2HhBackward(call, trainsLeak ? 1 : 0),
  },
  filter: {
    ...simple,
    // One bit a tick for the passes of kernels/assembly/filter-training.ts.
    historyBytes: ({ surrogate }, { ticks, batch, mean, trainsConstants }) =>
      mean && trainsConstants !== true && batch >= 4 && surrogate.shape === "rectangle"
        ? 4 * Math.ceil(ticks / 32)
        : 0,
    states: () => 1,
    constantRows: (ticks) => 2 * ticks + 2,
    scratchBytes: (ticks, units) => Math.ceil(units / 4) * (32 * (ticks + 1) + 64),
    forward: ({ call: { filterForward } }, call) => Boolean(filterForward(call)),
    backward: ({ call: { filterBackward } }, call, n) => filterBackward(call, n.detachIonic === true ? 1 : 0),
  },
  izhikevich: {
    ...simple,
    states: () => 2,
    constantRows: () => 5,
    scratchBytes: (ticks, _units, { substeps }) => 32 * ticks * substeps,
    forward: ({ call: { izhikevichForward } }, call, n) =>
      Boolean(izhikevichForward(call, n.substeps, n.dtMs, n.gain, n.offset)),
    backward: ({ call: { izhikevichBackward } }, call, n) =>
      izhikevichBackward(call, n.substeps, n.dtMs, n.gain, n.offset),
  },
  hh: {
    ...simple,
    states: () => 4,
    constantRows: () => 9,
    // For each group of four units: what the backward pass keeps at hand, and one state with what follows from it.
    scratchBytes: (_ticks, units) => Math.ceil(units / 4) * (432 + 224),
    historyBytes: ({ substeps }, { ticks }) => 16 * substeps * ticks,
    forward: (host, call, n) =>
      Boolean(
        host.call.hhForward(
          call,
          hhTable(host, n.dtMs),
          n.substeps,
          n.dtMs,
          n.gain,
          n.offset,
          n.smoothMv,
          n.countSpikes === true ? 8 : 7,
        ),
      ),
    backward: (host, call, n) =>
      host.call.hhBackward(
        call,
        hhTable(host, n.dtMs),
        n.substeps,
        n.dtMs,
        n.gain,
        n.offset,
        n.smoothMv,
        n.detachAboveMv,
      ),
  },
};

/** The binding of a neuron; its type parameter and the neuron's belong together. */
export function bindingOf(neuron: CompiledNeuron): KernelBinding<CompiledNeuron> {
  return bindings[neuron.kernel] as unknown as KernelBinding<CompiledNeuron>;
}
