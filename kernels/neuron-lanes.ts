import type { Frame } from "./frame.ts";
import type { KernelHost } from "./host.ts";
import type { NeuronCall } from "./neuron-call.ts";

/** Units the kernels work on at a time; populations narrower than that are widened for the call. */
export const LANES = 4;

/** Copies rows of `units` floats into rows of four by repeating the last, so that even one to three units fill a vector. */
function widen(frame: Frame, address: number, rows: number, units: number): number {
  const { floats } = frame.host;
  const out = frame.temporary(rows * LANES * 4);
  for (let r = 0; r < rows; r++) {
    for (let u = 0; u < LANES; u++)
      floats[(out >> 2) + r * LANES + u] = floats[(address >> 2) + r * units + Math.min(u, units - 1)]!;
  }
  return out;
}

function narrow({ floats }: KernelHost, from: number, to: number, rows: number, units: number): void {
  for (let r = 0; r < rows; r++) {
    for (let u = 0; u < units; u++) floats[(to >> 2) + r * units + u] = floats[(from >> 2) + r * LANES + u]!;
  }
}

const asItIs = (address: number) => address;
const nothing = () => undefined;

/** A call on at least four units: where its other arguments lie, where its results go; `close` brings them home. */
export interface NeuronLanes {
  readonly call: NeuronCall;
  /** Where a further argument of `rows` rows of units lies for the kernel. */
  input(address: number, rows: number): number;
  /** Where the kernel shall write a result of `rows` rows of units that belongs at `address`. */
  result(address: number, rows: number): number;
  close(): void;
}

export function openLanes(
  frame: Frame,
  call: NeuronCall,
  sizes: { readonly constantRows: number; readonly states: number; readonly inputsPerUnit: number },
): NeuronLanes {
  const { units, rows } = call;
  if (units >= LANES) {
    return { call, input: asItIs, result: asItIs, close: nothing };
  }
  const homes: (() => void)[] = [];
  const { initial } = call;
  return {
    call: {
      ...call,
      units: LANES,
      currents: widen(frame, call.currents, call.inputs * rows * sizes.inputsPerUnit, units),
      constants: widen(frame, call.constants, sizes.constantRows, units),
      initial: initial === 0 ? 0 : widen(frame, initial, sizes.states * rows, units),
    },
    input: (address, count) => widen(frame, address, count, units),
    result: (address, count) => {
      const wide = frame.temporary(count * LANES * 4);
      homes.push(() => narrow(frame.host, wide, address, count, units));
      return wide;
    },
    close: () => {
      for (const home of homes) home();
    },
  };
}
