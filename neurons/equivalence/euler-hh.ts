import { conductances, gateRates, type HodgkinHuxley } from "../study/hodgkin-huxley.ts";

const rates = new Float64Array(6);

/**
 * One step of forward Euler, all four variables from the state before it, as the paper's simulations do.
 *
 * @param state V (mV), m, h, n; changed in place
 * @returns the conductances of sodium and potassium before the step, mS/cm2
 */
export function stepEuler(
  neuron: HodgkinHuxley,
  state: Float64Array,
  current: number,
  dtMs: number,
): { readonly na: number; readonly k: number } {
  const v = state[0]!;
  const open = conductances(neuron, state);
  gateRates(v, rates);
  const ionic = open.na * (v - neuron.eNa) + open.k * (v - neuron.eK) + neuron.gL * (v - neuron.eL);
  state[0] = v + (dtMs * (current - ionic)) / neuron.capacitance;
  for (let gate = 0; gate < 3; gate++) {
    const x = state[gate + 1]!;
    state[gate + 1] = x + dtMs * (rates[2 * gate]! * (1 - x) - rates[2 * gate + 1]! * x);
  }
  return open;
}
