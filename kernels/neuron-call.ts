import type { KernelHost } from "./host.ts";
import { bindingOf, type CompiledNeuron } from "./neuron-kernels.ts";
import { surrogateShapes } from "./surrogate.ts";

/** What a pass reads whatever it works out: the first fields of kernels/assembly/neuron-call.ts. Addresses not given are 0. */
export interface NeuronCall {
  readonly currents: number;
  readonly inputs: number;
  readonly repeat: number;
  readonly rows: number;
  readonly units: number;
  readonly constants: number;
  readonly initial: number;
  readonly mean: boolean;
}

/** What a pass is asked for, and what that begins from. Addresses not given are 0. */
export interface NeuronResults {
  readonly out?: number;
  readonly trace?: number;
  readonly final?: number;
  readonly history?: number;
  readonly gradient?: number;
  readonly dFinal?: number;
  readonly dCurrents?: number;
  readonly dConstants?: number;
  readonly dInitial?: number;
}

/** Fields of the struct that the kernels read. */
const CALL_FIELDS = 22;

/** Writes the struct into kernel memory and returns its address; valid until the next one is written. */
export function writeCall(host: KernelHost, neuron: CompiledNeuron, c: NeuronCall, r: NeuronResults): number {
  const binding = bindingOf(neuron);
  const scratch = host.scratch(
    CALL_FIELDS * 4 + 8 + binding.scratchBytes(c.inputs * c.repeat, c.units, neuron),
  );
  const at = scratch >> 2;
  const { ints, floats } = host;
  ints[at] = c.currents;
  ints[at + 1] = c.inputs;
  ints[at + 2] = c.repeat;
  ints[at + 3] = c.rows;
  ints[at + 4] = c.units;
  ints[at + 5] = c.constants;
  ints[at + 6] = c.initial;
  ints[at + 7] = c.mean ? 1 : 0;
  ints[at + 8] = r.out ?? 0;
  ints[at + 9] = r.trace ?? 0;
  ints[at + 10] = r.final ?? 0;
  ints[at + 11] = r.history ?? 0;
  ints[at + 12] = r.gradient ?? 0;
  ints[at + 13] = r.dFinal ?? 0;
  ints[at + 14] = r.dCurrents ?? 0;
  ints[at + 15] = r.dConstants ?? 0;
  ints[at + 16] = r.dInitial ?? 0;
  ints[at + 17] = surrogateShapes.indexOf(neuron.surrogate.shape);
  floats[at + 18] = neuron.surrogate.width;
  floats[at + 19] = neuron.surrogate.height;
  ints[at + 20] = neuron.detachReset === true ? 1 : 0;
  ints[at + 21] = scratch + CALL_FIELDS * 4 + 8;
  return scratch;
}
