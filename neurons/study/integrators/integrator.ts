import type { Definition } from "../../../core/catalogue.ts";
import type { Current } from "../current.ts";
import type { HodgkinHuxley } from "../hodgkin-huxley.ts";

/** What is to be solved: a neuron under a current from its start state, seen every `dtMs`. */
export interface Problem {
  readonly neuron: HodgkinHuxley;
  readonly current: Current;
  readonly durationMs: number;
  /** Step of the integrators with a fixed step; where the adaptive one is only looked at. */
  readonly dtMs: number;
  /** Error an adaptive step may make, relative and absolute. */
  readonly tolerance: number;
}

/** Who watches a solution come into being. The vectors are V (mV), m, h, n and belong to the integrator: copy them. */
export interface Observer {
  /** The state after the sample's time, in order, once for each. */
  sample(index: number, tMs: number, state: ArrayLike<number>): void;
  /** A spike (SpikeDetector says when), interpolated. */
  spike(tMs: number): void;
}

/** How the equations are followed through time. */
export interface IntegratorDefinition<Id extends string = string> extends Definition<Id> {
  /** Spike times err by dt to this power. */
  readonly order: number;
  /** Steps above this are refused whatever the current, ms; null where only the solution itself can tell. */
  readonly largestStepMs: number | null;
  /**
   * Solves a problem, handing over after a bounded amount of work so that a long run can be watched and stopped; what is
   * handed over is the time reached, ms.
   *
   * @throws UnstableStep when the numbers leave the bounds of the exact solution
   */
  solve(problem: Problem, observer: Observer): Generator<number, void>;
}

/** The step was too large: the numerical solution left the bounds of the exact one. */
export class UnstableStep extends Error {
  override name = "UnstableStep";
  readonly atMs: number;
  readonly voltage: number;

  constructor(atMs: number, voltage: number) {
    super(`unstable at ${atMs} ms`);
    this.atMs = atMs;
    this.voltage = voltage;
  }
}
