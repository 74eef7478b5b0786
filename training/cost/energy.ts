import type { Operations } from "./operations.ts";

/**
 * Energy of 32-bit floating-point arithmetic in a 45 nm process: Horowitz, Computing's energy problem, ISSCC 2014.
 * Fetching the numbers costs more than this on most machines and is not in it; neither are control and idle circuits.
 */
export const PICOJOULES = { multiplication: 3.7, addition: 0.9 } as const;

export const ENERGY_ASSUMPTIONS =
  `45 nm, ${PICOJOULES.multiplication} pJ a 32-bit multiplication and ${PICOJOULES.addition} pJ an addition (Horowitz 2014), arithmetic only: ` +
  "no memory access, no control";

/** Microjoules of these operations. */
export function energyMicrojoules({ additions, multiplications }: Operations): number {
  return (multiplications * PICOJOULES.multiplication + additions * PICOJOULES.addition) / 1e6;
}
