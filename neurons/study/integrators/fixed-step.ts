import type { Current } from "../current.ts";
import { type HodgkinHuxley, startState, voltageBounds, voltageSlope } from "../hodgkin-huxley.ts";
import { SpikeDetector } from "../spike-detector.ts";
import { type Observer, type Problem, UnstableStep } from "./integrator.ts";

/**
 * One step of size h from t, in place. The current is smooth inside the step: take it at t, inside, and just before
 * t + h.
 */
export type Step = (
  neuron: HodgkinHuxley,
  state: Float64Array,
  current: Current,
  tMs: number,
  hMs: number,
) => void;

/** Steps done before handing over. */
const STEPS_A_TURN = 20_000;

/** Follows a problem in equal steps, cut in two where the current jumps inside one. */
export function* solveInSteps(step: Step, problem: Problem, observer: Observer): Generator<number, void> {
  const { neuron, current, durationMs, dtMs } = problem;
  const { lowMv, highMv } = voltageBounds(neuron, current.lowest, current.highest);
  const state = startState(neuron);
  const spikes = new SpikeDetector(neuron, (t) => observer.spike(t));
  const steps = Math.max(1, Math.round(durationMs / dtMs));
  const breaks = current.breaksMs;
  const slack = 1e-6 * dtMs;
  let nextBreak = 0;
  observer.sample(0, 0, state);
  let t = 0;
  for (let i = 0; i < steps; i++) {
    const end = (i + 1) * dtMs;
    while (t < end - slack) {
      while (nextBreak < breaks.length && breaks[nextBreak]! <= t) nextBreak++;
      // A break at the step's end, but for rounding, is where the step ends: the current is then asked on its right side.
      const to = nextBreak < breaks.length && breaks[nextBreak]! <= end + slack ? breaks[nextBreak]! : end;
      const from = { tMs: t, v: state[0]!, slope: voltageSlope(neuron, state, current.at(t)) };
      step(neuron, state, current, t, to - t);
      if (!isWithin(state, lowMv, highMv)) throw new UnstableStep(to, state[0]!);
      spikes.see(from, { tMs: to, v: state[0]!, slope: voltageSlope(neuron, state, current.before(to)) });
      t = to;
    }
    observer.sample(i + 1, end, state);
    if ((i + 1) % STEPS_A_TURN === 0) yield end;
  }
}

/** The exact solution's bounds, with room for rounding; NaN is outside. */
function isWithin(state: Float64Array, lowMv: number, highMv: number): boolean {
  if (!(state[0]! >= lowMv - 1e-6 && state[0]! <= highMv + 1e-6)) return false;
  for (let gate = 1; gate < 4; gate++) if (!(state[gate]! >= -1e-9 && state[gate]! <= 1 + 1e-9)) return false;
  return true;
}
