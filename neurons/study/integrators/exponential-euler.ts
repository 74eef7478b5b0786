import type { Current } from "../current.ts";
import { conductances, gateRates, type HodgkinHuxley } from "../hodgkin-huxley.ts";
import { type Step, solveInSteps } from "./fixed-step.ts";
import type { IntegratorDefinition } from "./integrator.ts";

/** Above this even a stable step no longer fires like the neuron it stands for. */
const LARGEST_STEP_MS = 1;

const rates = new Float64Array(6);

/** Every gate relaxes exactly towards its limit at the present voltage: x + (x_inf - x) (1 - exp(-h (alpha + beta))). */
function relaxGates(state: Float64Array, h: number): void {
  gateRates(state[0]!, rates);
  for (let gate = 0; gate < 3; gate++) {
    const alpha = rates[2 * gate]!;
    const sum = alpha + rates[2 * gate + 1]!;
    const x = state[gate + 1]!;
    state[gate + 1] = x - (alpha / sum - x) * Math.expm1(-h * sum);
  }
}

/** The voltage relaxes exactly towards its limit at the present gates, under the current in the middle of the step. */
function relaxVoltage(
  neuron: HodgkinHuxley,
  state: Float64Array,
  current: Current,
  t: number,
  h: number,
): void {
  const { na, k } = conductances(neuron, state);
  const total = na + k + neuron.gL;
  const drive = na * neuron.eNa + k * neuron.eK + neuron.gL * neuron.eL + current.at(t + h / 2);
  const v = state[0]!;
  state[0] = v - (drive / total - v) * Math.expm1((-h * total) / neuron.capacitance);
}

const step: Step = (neuron, state, current, t, h) => {
  relaxGates(state, h);
  relaxVoltage(neuron, state, current, t, h);
};

/**
 * The training integrator, in float64: the gates take a whole step at the old voltage, then the voltage takes one at the
 * new gates. Each factor is a weighted mean of a value and its limit, so that no step can leave the bounds. Gates and
 * voltage lie half a step apart (a leapfrog), which is why spike times err by dt squared though a state read at one
 * moment errs by dt.
 */
export const exponentialEuler = {
  id: "exponential-euler",
  summary: "gates and voltage relaxed in turn, as in training: stable to 1 ms, spike times of second order",
  references: [
    "Rush and Larsen, IEEE Transactions on Biomedical Engineering 25, 389-392 (1978)",
    "Hines, International Journal of Bio-Medical Computing 15, 69-76 (1984), for gates half a step apart",
  ],
  order: 2,
  largestStepMs: LARGEST_STEP_MS,
  solve: (problem, observer) => solveInSteps(step, problem, observer),
} as const satisfies IntegratorDefinition;
