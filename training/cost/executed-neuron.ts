import { SpikegymError } from "../../core/errors.ts";
import type { NeuronKernel } from "../../kernels/neuron-kernels.ts";
import type { Operations } from "./operations.ts";

/** The arithmetic of one neuron that the program really does. */
export interface NeuronWork {
  /** Once for each distinct input. */
  readonly perInput: Operations;
  /** In each tick. */
  readonly perTick: Operations;
}

/** The mean over the ticks is taken by counting: one addition a tick and spike train, in all counts below. */
const NOTHING: Operations = { additions: 0, multiplications: 0 };

/** 1 - e^-x (`covered4`): one reduction of the range, a polynomial of degree 7. */
export const COVERED: Operations = { additions: 14, multiplications: 11 };
/**
 * Three gates relaxing to their limits (`relaxGates`): the place in the table, eight parabolas (of the limits and shares of
 * m, h, n, and of two lanes that are empty), and three times a distance and its share.
 */
export const GATES: Operations = { additions: 26, multiplications: 21 };
/** The membrane's relaxation (`relaxVoltage`). */
export const VOLTAGE: Operations = { additions: 26, multiplications: 24 };
/** The input current, the two comparisons of a crossing and its count. */
const CROSSING: Operations = { additions: 4, multiplications: 1 };
/** The synaptic sigmoid of a smooth output. */
const SIGMOID: Operations = { additions: 16, multiplications: 14 };

/**
 * What the compiled kernels (kernels/assembly/) do for one neuron, forward, read off them: a subtraction or comparison
 * counts as an addition; a division or root as a multiplication; choosing by a mask, rounding down, moving bits and storing
 * count nothing.
 *
 * The paper counts what its own program did (NEURON_OPERATIONS); the two differ where ours does less: a spike resets by
 * a mask and not by a product; hh-published, whose gates do not depend on its input, is folded to one product a tick.
 */
export function executedNeuronOperations(neuron: NeuronKernel): NeuronWork {
  switch (neuron.kernel) {
    case "binary":
      // max(x, 0), x > theta, count: once for as many ticks as the input lasts
      return { perInput: { additions: 3, multiplications: 0 }, perTick: NOTHING };
    case "lif": {
      // d v + I, v > theta, count; hard and no reset by mask
      const soft = neuron.reset === "soft" ? 1 : 0;
      const refractory = neuron.refractory > 0 ? 3 : 0;
      return { perInput: NOTHING, perTick: { additions: 3 + soft + refractory, multiplications: 1 } };
    }
    case "alif":
      // d v + I; rho a + s; v > theta + beta a; count
      return {
        perInput: NOTHING,
        perTick: { additions: 5 + (neuron.reset === "soft" ? 1 : 0), multiplications: 3 },
      };
    case "s-lif2hh":
      // 3 -> 1; four times d u + I, u > theta, count
      return { perInput: NOTHING, perTick: { additions: 15, multiplications: 7 } };
    case "filter":
      // dt I once; A V + dt I + c, V > theta, count
      return {
        perInput: { additions: 0, multiplications: 1 },
        perTick: { additions: 4, multiplications: 1 },
      };
    case "izhikevich":
      // gain x + offset; a substep's v, u, comparison, reset of u, count; the tick's count
      return {
        perInput: { additions: 1, multiplications: 1 },
        perTick: { additions: 10 * neuron.substeps + 1, multiplications: 5 * neuron.substeps },
      };
    case "hh": {
      const parts = [GATES, VOLTAGE, CROSSING];
      const smooth = neuron.smoothMv > 0 ? SIGMOID : NOTHING;
      const substeps = (key: keyof Operations) =>
        neuron.substeps * parts.reduce((sum, part) => sum + part[key], 0) + smooth[key];
      return {
        perInput: NOTHING,
        perTick: { additions: substeps("additions") + 1, multiplications: substeps("multiplications") },
      };
    }
    case "definition":
      throw new SpikegymError("cost: the neuron has no kernel whose operations could be counted");
  }
}
