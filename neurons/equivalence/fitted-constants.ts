import type { SLif2Hh } from "./s-lif2hh.ts";

/**
 * Constants of the s-LIF2HH neuron fitted to the Hodgkin-Huxley chain under all five inputs: scripts/fit-chain.ts, whose
 * search goes on from these when they are handed to it.
 */
export const fittedConstants: SLif2Hh = {
  dtMs: 0.25,
  threshold: 70,
  leak: [0.2004117, 0.01790005, 0.06848828, 0.05635521],
  gain: [4.419993, 0.7539907, -0.6500986],
  offset: [-23.81661, 0.5127707, 23.20567],
  weight: [0.8282373, 0.8289591, 0.489869],
  bias: -13.73682,
  reset: [-219.0949, 281.1169, -80.41438, -275.1937],
  keep: [1.024354, -0.5589895, -0.03089045, -1.619151],
  start: [-28.70116, 58.23001, -14.59455, 61.05663],
  synapse: 200000,
};
