import { z } from "zod";

const three = z.tuple([z.number(), z.number(), z.number()]);
const four = z.tuple([z.number(), z.number(), z.number(), z.number()]);

/** Constants of the simplified LIF2HH neuron as the chain uses it; membranes have no unit, time is in ms. */
export const sLif2HhSchema = z.strictObject({
  dtMs: z.number().positive().max(1).describe("tick of the LIF neurons, ms"),
  threshold: z.number().describe("membrane that all four have to exceed in the same tick"),
  leak: four.describe("leak of each of the four, 1/ms"),
  gain: three.describe("weight of the input current onto each of the first three"),
  offset: three.describe("constant current of each of the first three, 1/ms"),
  weight: three.describe("from the first three membranes onto the fourth, 1/ms"),
  bias: z.number().describe("constant current of the fourth, 1/ms"),
  reset: four.describe("membranes after a spike"),
  keep: four
    .default([0, 0, 0, 0])
    .describe("share of each membrane that outlives a spike, added to its reset"),
  start: four.describe("membranes at the start"),
  synapse: z.number().describe("current into the first three of the next neuron in the tick of a spike"),
});

export type SLif2Hh = z.output<typeof sLif2HhSchema>;

/**
 * The paper's simplified stand-in: four leaky integrators that spike and reset together, once all four exceed the
 * threshold (dt in ms):
 *
 *   u_k <- u_k + dt (-leak_k u_k + gain_k I + offset_k)                      k = 1, 2, 3
 *   u_4 <- u_4 + dt (-leak_4 u_4 + sum_k weight_k u_k + bias)                with the u_k of the same tick
 *   spike = all u > threshold;   then every u <- its reset + keep u
 *
 * (Released: leak 0.1, gain 1, no offsets, weights 1, resets 0, nothing kept, dt 1 ms, threshold 70.) What is kept lets an
 * interval depend on the one before it, as Hodgkin and Huxley's do.
 */
export class SLif2HhNeuron {
  readonly #constants: SLif2Hh;
  readonly #u: Float64Array;

  constructor(constants: SLif2Hh) {
    this.#constants = constants;
    this.#u = Float64Array.from(constants.start);
  }

  /** The fourth membrane, the one closest to an axon. */
  get membrane(): number {
    return this.#u[3]!;
  }

  /** A tick under an input current; whether it spikes. */
  drive(current: number): boolean {
    const { gain, offset } = this.#constants;
    return this.#tick((k) => gain[k]! * current + offset[k]!);
  }

  /** A tick of a neuron whose only input is the one before it in the chain. */
  receive(spike: boolean): boolean {
    const current = spike ? this.#constants.synapse : 0;
    return this.#tick(() => current);
  }

  #tick(currentOf: (compartment: number) => number): boolean {
    const { dtMs, threshold, leak, weight, bias, reset, keep } = this.#constants;
    const u = this.#u;
    let fed = bias;
    for (let k = 0; k < 3; k++) {
      u[k]! += dtMs * (currentOf(k) - leak[k]! * u[k]!);
      fed += weight[k]! * u[k]!;
    }
    u[3]! += dtMs * (fed - leak[3] * u[3]!);
    const spikes = u.every((x) => x > threshold);
    if (spikes) for (let k = 0; k < 4; k++) u[k] = reset[k]! + keep[k]! * u[k]!;
    return spikes;
  }
}
