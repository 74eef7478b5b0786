import { derivatives } from "../hodgkin-huxley.ts";
import { type Step, solveInSteps } from "./fixed-step.ts";
import type { IntegratorDefinition } from "./integrator.ts";

const k1 = new Float64Array(4);
const k2 = new Float64Array(4);
const k3 = new Float64Array(4);
const k4 = new Float64Array(4);
const at = new Float64Array(4);

const step: Step = (neuron, state, current, t, h) => {
  const middle = current.at(t + h / 2);
  derivatives(neuron, state, current.at(t), k1);
  for (let i = 0; i < 4; i++) at[i] = state[i]! + (h / 2) * k1[i]!;
  derivatives(neuron, at, middle, k2);
  for (let i = 0; i < 4; i++) at[i] = state[i]! + (h / 2) * k2[i]!;
  derivatives(neuron, at, middle, k3);
  for (let i = 0; i < 4; i++) at[i] = state[i]! + h * k3[i]!;
  derivatives(neuron, at, current.before(t + h), k4);
  for (let i = 0; i < 4; i++) state[i]! += (h / 6) * (k1[i]! + 2 * (k2[i]! + k3[i]!) + k4[i]!);
};

export const rk4 = {
  id: "rk4",
  summary: "the classical Runge-Kutta method: fourth order, four evaluations a step",
  references: ["Kutta, Zeitschrift fuer Mathematik und Physik 46, 435-453 (1901)"],
  order: 4,
  largestStepMs: null,
  solve: (problem, observer) => solveInSteps(step, problem, observer),
} as const satisfies IntegratorDefinition;
