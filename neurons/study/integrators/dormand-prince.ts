import { derivatives, startState, voltageBounds, voltageSlope } from "../hodgkin-huxley.ts";
import { type Moment, SpikeDetector } from "../spike-detector.ts";
import { DENSE_WEIGHTS, ERROR_3, ERROR_5, STAGE_TIMES, STAGE_WEIGHTS } from "./dormand-prince-constants.ts";
import { type IntegratorDefinition, type Observer, type Problem, UnstableStep } from "./integrator.ts";

/** Variables: V, m, h, n. */
const N = 4;
const STAGES = 12;
const ALL_STAGES = 16;
/** Steps are at most this long, so that nothing short is stepped over, ms. */
const LONGEST_STEP_MS = 0.5;
/** Steps done before handing over. */
const STEPS_A_TURN = 2000;
/** Spikes are looked for in pieces of a step this long, ms. */
const PIECE_MS = 0.05;

/**
 * Follows a problem with steps chosen so that each one's error stays below tolerance (1 + |y|), starting anew where the
 * current jumps. Samples and crossings come from the method's own continuous output of order 7.
 */
function* solve(problem: Problem, observer: Observer): Generator<number, void> {
  const { current, durationMs, dtMs } = problem;
  const step = new AdaptiveStep(problem);
  const spikes = new SpikeDetector(problem.neuron, (t) => observer.spike(t));
  const samples = Math.max(1, Math.round(durationMs / dtMs));
  const end = samples * dtMs;
  const breaks = current.breaksMs;
  let nextBreak = 0;
  let sample = 0;
  let turns = 0;
  let h = 1e-4;
  observer.sample(sample++, 0, step.from);
  for (let t = 0; t < end; ) {
    while (nextBreak < breaks.length && breaks[nextBreak]! <= t) nextBreak++;
    const stop = Math.min(end, nextBreak < breaks.length ? breaks[nextBreak]! : end);
    step.begin(t);
    // Sub-steps of one smooth stretch share their slopes; a new stretch starts with its own.
    while (t < stop) {
      const tried = Math.min(h, LONGEST_STEP_MS, stop - t);
      const isLast = tried === stop - t;
      const error = step.attempt(t, tried);
      h = tried * Math.min(6, Math.max(0.2, 0.9 * error ** (-1 / 8)));
      if (!(error <= 1)) {
        if (!(h > 1e-12)) throw new UnstableStep(t, step.from[0]!);
        continue;
      }
      const to = isLast ? stop : t + tried;
      step.show(spikes);
      for (; sample <= samples && sample * dtMs <= to; sample++) {
        const at = sample * dtMs;
        observer.sample(sample, at, at === to ? step.to : step.interpolate((at - t) / tried));
      }
      step.accept();
      t = to;
      if (++turns % STEPS_A_TURN === 0) yield t;
    }
  }
  if (sample <= samples) observer.sample(samples, end, step.from);
}

/** One step of the method: its stages, its error, and what lies between its ends. */
class AdaptiveStep {
  readonly #problem: Problem;
  readonly #slopes: Float64Array[] = Array.from({ length: ALL_STAGES }, () => new Float64Array(N));
  readonly #argument = new Float64Array(N);
  readonly #dense = Array.from({ length: 7 }, () => new Float64Array(N));
  readonly #between = new Float64Array(N);
  readonly #bounds: { readonly lowMv: number; readonly highMv: number };
  #t = 0;
  #h = 0;
  #isDense = false;
  /** The state before and after. */
  from: Float64Array<ArrayBufferLike>;
  to: Float64Array<ArrayBufferLike> = new Float64Array(N);

  constructor(problem: Problem) {
    this.#problem = problem;
    this.from = startState(problem.neuron);
    this.#bounds = voltageBounds(problem.neuron, problem.current.lowest, problem.current.highest);
  }

  /** The first slope of a smooth stretch. */
  begin(t: number): void {
    derivatives(this.#problem.neuron, this.from, this.#problem.current.at(t), this.#slopes[0]!);
  }

  /** Takes a step; returns its error in units of what is allowed, infinite where the numbers left all bounds. */
  attempt(t: number, h: number): number {
    this.#t = t;
    this.#h = h;
    this.#isDense = false;
    for (let stage = 1; stage < STAGES; stage++) this.#evaluate(stage);
    this.#combine(STAGE_WEIGHTS[STAGES]!, STAGES, this.to);
    // The last stage of this step is the next one's first: the slope at its end.
    derivatives(this.#problem.neuron, this.to, this.#problem.current.before(t + h), this.#slopes[STAGES]!);
    const [v, ...gates] = this.to;
    const { lowMv, highMv } = this.#bounds;
    const isInside = v! >= lowMv - 1 && v! <= highMv + 1 && gates.every((x) => x >= -0.01 && x <= 1.01);
    return isInside ? this.#error() : Number.POSITIVE_INFINITY;
  }

  accept(): void {
    [this.from, this.to] = [this.to, this.from];
    [this.#slopes[0], this.#slopes[STAGES]] = [this.#slopes[STAGES]!, this.#slopes[0]!];
  }

  /** The state at a share of the step in (0, 1); valid until the next call. */
  interpolate(share: number): Float64Array {
    this.#prepareDense();
    const rest = 1 - share;
    for (let i = 0; i < N; i++) {
      let y = this.#dense[6]![i]! * share;
      for (let k = 5; k >= 0; k--) y = (y + this.#dense[k]![i]!) * (k % 2 === 0 ? share : rest);
      this.#between[i] = this.from[i]! + y;
    }
    return this.#between;
  }

  /** Shows the step to a detector, piece by piece. */
  show(spikes: SpikeDetector): void {
    const pieces = Math.ceil(this.#h / PIECE_MS);
    let from = this.#momentAt(0);
    for (let piece = 1; piece <= pieces; piece++) {
      const to = this.#momentAt(piece / pieces);
      spikes.see(from, to, (tMs) => this.interpolate((tMs - this.#t) / this.#h)[0]!);
      from = to;
    }
  }

  #momentAt(share: number): Moment {
    const { neuron, current } = this.#problem;
    const state = share === 0 ? this.from : share === 1 ? this.to : this.interpolate(share);
    const tMs = this.#t + share * this.#h;
    const slope = voltageSlope(neuron, state, share === 1 ? current.before(tMs) : current.at(tMs));
    return { tMs, v: state[0]!, slope };
  }

  #evaluate(stage: number): void {
    const { neuron, current } = this.#problem;
    this.#combine(STAGE_WEIGHTS[stage]!, stage, this.#argument);
    const share = STAGE_TIMES[stage]!;
    const at = this.#t + share * this.#h;
    derivatives(
      neuron,
      this.#argument,
      share < 1 ? current.at(at) : current.before(at),
      this.#slopes[stage]!,
    );
  }

  /** out = from + h sum of weights x slopes. */
  #combine(weights: readonly number[], count: number, out: Float64Array): void {
    for (let i = 0; i < N; i++) {
      let sum = 0;
      for (let j = 0; j < count; j++) sum += weights[j]! * this.#slopes[j]![i]!;
      out[i] = this.from[i]! + this.#h * sum;
    }
  }

  /** Both embedded errors, weighed against each other as Hairer's programs do. */
  #error(): number {
    const { tolerance } = this.#problem;
    let five = 0;
    let three = 0;
    for (let i = 0; i < N; i++) {
      const allowed = tolerance * (1 + Math.max(Math.abs(this.from[i]!), Math.abs(this.to[i]!)));
      let e5 = 0;
      let e3 = 0;
      for (let j = 0; j <= STAGES; j++) {
        e5 += ERROR_5[j]! * this.#slopes[j]![i]!;
        e3 += ERROR_3[j]! * this.#slopes[j]![i]!;
      }
      five += (e5 / allowed) ** 2;
      three += (e3 / allowed) ** 2;
    }
    if (five === 0) return 1e-10;
    return Math.max(1e-10, (this.#h * five) / Math.sqrt((five + 0.01 * three) * N));
  }

  #prepareDense(): void {
    if (this.#isDense) return;
    this.#isDense = true;
    for (let stage = STAGES + 1; stage < ALL_STAGES; stage++) this.#evaluate(stage);
    const first = this.#slopes[0]!;
    const last = this.#slopes[STAGES]!;
    for (let i = 0; i < N; i++) {
      const rise = this.to[i]! - this.from[i]!;
      this.#dense[0]![i] = rise;
      this.#dense[1]![i] = this.#h * first[i]! - rise;
      this.#dense[2]![i] = 2 * rise - this.#h * (first[i]! + last[i]!);
      for (let k = 0; k < 4; k++) {
        let sum = 0;
        for (let j = 0; j < ALL_STAGES; j++) sum += DENSE_WEIGHTS[k]![j]! * this.#slopes[j]![i]!;
        this.#dense[k + 3]![i] = this.#h * sum;
      }
    }
  }
}

export const dormandPrince = {
  id: "dormand-prince",
  summary: "adaptive steps of order 8 to a tolerance, continuous output of order 7: the yardstick",
  references: [
    "Prince and Dormand, Journal of Computational and Applied Mathematics 7, 67-75 (1981)",
    "Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I, 2nd edition (1993)",
  ],
  order: 8,
  largestStepMs: null,
  solve,
} as const satisfies IntegratorDefinition;
