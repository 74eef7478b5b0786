import { derivatives } from "../hodgkin-huxley.ts";
import { type Step, solveInSteps } from "./fixed-step.ts";
import type { IntegratorDefinition } from "./integrator.ts";

const slope = new Float64Array(4);

/** y <- y + h f(y), all four variables from the state before. */
const step: Step = (neuron, state, current, t, h) => {
  derivatives(neuron, state, current.at(t), slope);
  for (let i = 0; i < 4; i++) state[i]! += h * slope[i]!;
};

export const forwardEuler = {
  id: "forward-euler",
  summary: "y + h f(y): first order, unstable above about 0.06 ms",
  references: ["Euler, Institutionum calculi integralis 1 (1768)"],
  order: 1,
  largestStepMs: null,
  solve: (problem, observer) => solveInSteps(step, problem, observer),
} as const satisfies IntegratorDefinition;
