import { publishedConstants } from "../../neurons/equivalence/chain-settings.ts";
import type { SLif2Hh } from "../../neurons/equivalence/s-lif2hh.ts";

/** Numbers that are fitted: five for each of the first three compartments, seven for the fourth, what each keeps. */
export const DIMENSIONS = 3 * 5 + 7 + 4;

/** Tick of the fitted neuron, ms: at the published 1 ms no fit was found whose times agree. */
export const DT_MS = 0.25;

const { threshold, synapse } = publishedConstants;
/** A leak of 0.1 / ms, the published one, stands at 0. */
const LEAK_AT_ZERO = Math.log(0.1 / 0.9);

/** The constants that a vector of numbers of order one stands for. */
export function decode(x: ArrayLike<number>): SLif2Hh {
  const at = (i: number) => x[i]!;
  const leak = (i: number) => 1 / (1 + Math.exp(-(at(i) + LEAK_AT_ZERO)));
  const each = <T>(f: (first: number) => T): [T, T, T] => [f(0), f(5), f(10)];
  return {
    dtMs: DT_MS,
    threshold,
    leak: [...each((i) => leak(i)), leak(15)],
    gain: each((i) => at(i + 1)),
    offset: each((i) => 10 * at(i + 2)),
    weight: [at(16), at(17), at(18)],
    bias: 10 * at(19),
    reset: [...each((i) => threshold * at(i + 3)), threshold * at(20)],
    start: [...each((i) => threshold * at(i + 4)), threshold * at(21)],
    keep: [at(22), at(23), at(24), at(25)],
    synapse,
  };
}

/** The vector that stands for these constants. */
export function encode({ leak, gain, offset, weight, bias, reset, start, keep }: SLif2Hh): Float64Array {
  const leakOf = (k: number) => Math.log(leak[k]! / (1 - leak[k]!)) - LEAK_AT_ZERO;
  const compartments = [0, 1, 2].flatMap((k) => [
    leakOf(k),
    gain[k]!,
    offset[k]! / 10,
    reset[k]! / threshold,
    start[k]! / threshold,
  ]);
  return Float64Array.from([
    ...compartments,
    leakOf(3),
    ...weight,
    bias / 10,
    reset[3] / threshold,
    start[3] / threshold,
    ...keep,
  ]);
}
