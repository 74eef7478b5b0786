import type { HodgkinHuxley } from "../study/hodgkin-huxley.ts";

/**
 * The time-varying LIF2HH neuron in float64 (mV, ms, mS/cm2, uA/cm2): four leaky integrators that together make the
 * voltage of the Hodgkin-Huxley neuron whose conductances they borrow. With g_s = g_Na(t) + g_K(t) + g_L,
 *
 *   C du_k/dt = E_k + I / g_s - u_k                              k = Na, K, L
 *   dF = sum_k g_k(t) du_k
 *   (C / g_s) du_4/dt = -F + sum_k g_k(t) u_k / g_s - u_4
 *   V = F + u_4
 *
 * Add the last two: every u_k cancels and C dV/dt = I - sum_k g_k (V - E_k) remains, Hodgkin and Huxley's own equation.
 * The same holds for a step of forward Euler in which everything is taken from before the step, so the two voltages then
 * differ by rounding only. (He et al. 2024 report 0.026 to 0.24 mV at the same step: that much forward Euler differs from
 * other methods, docs/decisions/single-neuron-study.md.)
 */
export class TvLif2Hh {
  readonly #neuron: HodgkinHuxley;
  readonly #u: Float64Array;
  #f = 0;
  #u4: number;

  /** @param startMv the voltage to start from; the first three start there too, F at 0 */
  constructor(neuron: HodgkinHuxley, startMv: number) {
    this.#neuron = neuron;
    this.#u = new Float64Array(3).fill(startMv);
    this.#u4 = startMv;
  }

  /** V, mV. */
  get voltage(): number {
    return this.#f + this.#u4;
  }

  /**
   * One step of forward Euler.
   *
   * @param open conductances of the Hodgkin-Huxley neuron beside it before the step
   * @param current the neuron's own input
   */
  step(open: { readonly na: number; readonly k: number }, current: number, dtMs: number): void {
    const { capacitance, gL, eNa, eK, eL } = this.#neuron;
    const g = [open.na, open.k, gL];
    const e = [eNa, eK, eL];
    const total = open.na + open.k + gL;
    let fed = 0;
    let passedOn = 0;
    for (let k = 0; k < 3; k++) {
      fed += g[k]! * this.#u[k]!;
      const rise = (dtMs / capacitance) * (e[k]! + current / total - this.#u[k]!);
      this.#u[k]! += rise;
      passedOn += g[k]! * rise;
    }
    this.#u4 += ((dtMs * total) / capacitance) * (-this.#f + fed / total - this.#u4);
    this.#f += passedOn;
  }
}
