import type { SLif2Hh } from "./s-lif2hh.ts";

/**
 * Constants of the s-LIF2HH neuron fitted to the Hodgkin-Huxley chain under all five inputs: scripts/fit-chain.ts, whose
 * search goes on from these when they are handed to it.
 */
export const fittedConstants: SLif2Hh = {
  dtMs: 0.25,
  threshold: 70,
  leak: [0.1435704, 0.06322543, 0.0881025, 0.01614799],
  gain: [1.902375, 0.0523541, -0.2651649],
  offset: [-6.438345, 15.04785, 13.22427],
  weight: [-0.5024323, 1.207744, 0.2181095],
  bias: -19.31959,
  reset: [30.43296, 52.53197, 8.68312, 6.710954],
  start: [50.37431, -14.67774, 79.96465, -3.885169],
  synapse: 200000,
};
