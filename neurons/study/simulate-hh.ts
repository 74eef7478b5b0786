import { UsageError } from "../../core/errors.ts";
import {
  type IntegratorDefinition,
  type Observer,
  type Problem,
  UnstableStep,
} from "./integrators/integrator.ts";

export interface HodgkinHuxleyRun {
  /** Interpolated, ms; SpikeDetector says what a spike is. */
  readonly spikeTimesMs: readonly number[];
  /** Samples, the start included, every dtMs. */
  readonly samples: number;
  /** V (mV), m, h, n of every sample, one row each; empty unless asked for. */
  readonly states: Float64Array;
}

/**
 * Solves the Hodgkin-Huxley equations under a current.
 *
 * @param keepStates whether the states of all samples are kept, 32 bytes each
 * @throws UsageError where the step is too large for the integrator: the largest that is stable under this current
 */
export function* simulateHodgkinHuxley(
  integrator: IntegratorDefinition,
  problem: Problem,
  keepStates: boolean,
): Generator<number, HodgkinHuxleyRun> {
  checkStep(integrator, problem);
  const samples = Math.max(1, Math.round(problem.durationMs / problem.dtMs)) + 1;
  const states = new Float64Array(keepStates ? 4 * samples : 0);
  const spikeTimesMs: number[] = [];
  const observer: Observer = {
    sample(index, _t, state) {
      if (keepStates) for (let i = 0; i < 4; i++) states[4 * index + i] = state[i]!;
    },
    spike: (t) => void spikeTimesMs.push(t),
  };
  try {
    yield* integrator.solve(problem, observer);
  } catch (error) {
    if (!(error instanceof UnstableStep)) throw error;
    throw refuse(integrator, problem, error);
  }
  return { spikeTimesMs, samples, states };
}

/** What the integrator refuses whatever the current. */
function checkStep({ id, largestStepMs }: IntegratorDefinition, { dtMs }: Problem): void {
  if (!(dtMs > 0)) throw new UsageError(`integrator ${id}: a step of ${dtMs} ms, expected more than 0`);
  if (largestStepMs !== null && dtMs > largestStepMs) {
    throw new UsageError(
      `integrator ${id}: a step of ${dtMs} ms; the largest stable one is ${largestStepMs} ms`,
    );
  }
}

function refuse(
  integrator: IntegratorDefinition,
  problem: Problem,
  { atMs, voltage }: UnstableStep,
): UsageError {
  const largest = findLargestStep(integrator, { ...problem, durationMs: Math.min(problem.durationMs, 1000) });
  const symptom = Number.isFinite(voltage) ? `at ${voltage.toPrecision(4)} mV` : "no longer a number";
  return new UsageError(
    `integrator ${integrator.id}: a step of ${problem.dtMs} ms is unstable: after ${atMs.toPrecision(4)} ms the state is out of bounds (voltage ${symptom}); ` +
      `the largest stable step under this current is ${largest} ms (exponential-euler takes up to 1 ms)`,
  );
}

/** The largest step, to two digits, with which the problem stays within the exact solution's bounds. */
export function findLargestStep(integrator: IntegratorDefinition, problem: Problem): number {
  const nothing: Observer = { sample: () => undefined, spike: () => undefined };
  const isStable = (dtMs: number) => {
    try {
      for (const _ of integrator.solve({ ...problem, dtMs }, nothing));
      return true;
    } catch (error) {
      if (error instanceof UnstableStep) return false;
      throw error;
    }
  };
  let low = 1e-4;
  let high = problem.dtMs;
  while (high / low > 1.02) {
    const middle = Math.sqrt(low * high);
    if (isStable(middle)) low = middle;
    else high = middle;
  }
  // Down to two digits, and on down where the rounded step happens to be one that fails.
  const unit = 10 ** (Math.floor(Math.log10(low)) - 1);
  let digits = Math.floor(low / unit + 1e-9);
  while (digits > 1 && !isStable(Number((digits * unit).toPrecision(2)))) digits--;
  return Number((digits * unit).toPrecision(2));
}

/**
 * The rate a neuron has settled at, Hz: spikes of the second half of a run over the time between its first and last. 0
 * with fewer than two spikes there.
 */
export function settledRateHz(spikeTimesMs: readonly number[], durationMs: number): number {
  const late = spikeTimesMs.filter((t) => t >= durationMs / 2);
  return late.length < 2 ? 0 : (1000 * (late.length - 1)) / (late.at(-1)! - late[0]!);
}
