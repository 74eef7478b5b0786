import { type CartChain, jointLimits, tipPosition } from "./cart-chain.ts";
import { ChainDynamics } from "./chain-dynamics.ts";
import { dryFrictions } from "./dry-friction.ts";
import {
  captureState,
  type EngineDefinition,
  type EngineSnapshot,
  type EngineTiming,
  type PhysicsEngine,
} from "./engine.ts";
import { JointDynamics } from "./joint-dynamics.ts";
import { type SoftStop, softStops } from "./soft-stop.ts";
import { StopNewton } from "./stop-newton.ts";

/** In this order and with these weights the sums round as MuJoCo's do. */
const SIXTH = 1 / 6;
const THIRD = 1 / 3;

/**
 * The equations of motion integrated as MuJoCo integrates them: classical Runge-Kutta of order 4 with the step
 * `timeStepS`, soft stops and dry friction solved at every stage the way MuJoCo does (stop-newton.ts).
 *
 *     k_1 = (v, a(q, v)),  k_2, k_3 at h/2,  k_4 at h;   (q, v) += h (k_1 + 2 k_2 + 2 k_3 + k_4) / 6
 *
 * What an observer reads after a step, `tip` and `constraintForce`, is that of the LAST STAGE, (q + h v_3, v + h a_3), not
 * of the new state: MuJoCo leaves its derived quantities there, and Gymnasium's rewards read them.
 * Without dry friction and until a stop is touched the states are MuJoCo's to the last bit (docs/decisions/lagrangian-rounding.md). No allocation in
 * `step`.
 */
export class LagrangianEngine implements PhysicsEngine {
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
  readonly constraintForce: Float64Array;
  readonly tip = new Float64Array(2);
  readonly applied: Float64Array;

  #chain: CartChain;
  readonly #joints: JointDynamics;
  /** For the energy. */
  readonly #dynamics: ChainDynamics;
  readonly #stops: readonly SoftStop[];
  readonly #rubs: boolean;
  readonly #timeStep: number;
  readonly #frameSkip: number;
  readonly #n: number;
  /** Stage state and the weighted sums of its rates and accelerations. */
  readonly #stageQ: Float64Array;
  readonly #stageV: Float64Array;
  readonly #sumV: Float64Array;
  readonly #sumA: Float64Array;
  readonly #acceleration: Float64Array;
  readonly #near: SoftStop[] = [];
  readonly #newton: StopNewton;

  constructor(chain: CartChain, timing: EngineTiming) {
    this.#chain = chain;
    this.#dynamics = new ChainDynamics(chain);
    this.#joints = new JointDynamics(chain);
    const n = this.#joints.n;
    this.#n = n;
    this.#timeStep = timing.timeStepS;
    this.#frameSkip = timing.frameSkip;
    const weights = this.#dynamics.inverseWeights();
    const frictions = dryFrictions(chain, weights, timing.timeStepS);
    this.#stops = softStops(jointLimits(chain), weights, timing.timeStepS);
    this.#rubs = frictions.length > 0;
    this.#newton = new StopNewton(n, frictions);
    this.qpos = new Float64Array(n);
    this.qvel = new Float64Array(n);
    this.constraintForce = new Float64Array(n);
    this.applied = new Float64Array(n);
    this.#stageQ = new Float64Array(n);
    this.#stageV = new Float64Array(n);
    this.#sumV = new Float64Array(n);
    this.#sumA = new Float64Array(n);
    this.#acceleration = new Float64Array(n);
    tipPosition(chain, this.qpos, this.tip);
  }

  get chain(): CartChain {
    return this.#chain;
  }

  place(qpos: ArrayLike<number>, qvel: ArrayLike<number>): void {
    this.qpos.set(qpos);
    this.qvel.set(qvel);
    this.#newton.warmStart.fill(0);
    this.#accelerate(this.qpos, this.qvel, 0);
    this.#joints.readTip(this.tip);
  }

  step(forceN: number): void {
    for (let i = 0; i < this.#frameSkip; i++) this.#rungeKutta(forceN);
    // The pose is still that of the last stage.
    this.#joints.readTip(this.tip);
  }

  changeGravity(chain: CartChain): void {
    this.#chain = chain;
    this.#joints.changeGravity(chain);
    this.#dynamics.changeGravity(chain);
  }

  energyJ(): number {
    return this.#dynamics.energyJ(this.qpos, this.qvel);
  }

  /** 0: the coordinates cannot express a gap. */
  jointGapM(): number {
    return 0;
  }

  snapshot(): EngineSnapshot {
    return { ...captureState(this), warmStart: [...this.#newton.warmStart] };
  }

  restore(snapshot: EngineSnapshot): void {
    this.qpos.set(snapshot.qpos);
    this.qvel.set(snapshot.qvel);
    this.constraintForce.set(snapshot.constraintForce);
    this.tip.set(snapshot.tip);
    this.applied.set(snapshot.applied);
    if (snapshot.warmStart !== undefined) this.#newton.warmStart.set(snapshot.warmStart);
  }

  #rungeKutta(forceN: number): void {
    const n = this.#n;
    const h = this.#timeStep;
    const { qpos, qvel } = this;
    const stageQ = this.#stageQ;
    const stageV = this.#stageV;
    const sumV = this.#sumV;
    const sumA = this.#sumA;
    const a = this.#acceleration;
    const { warmStart } = this.#newton;

    this.#accelerate(qpos, qvel, forceN);
    for (let i = 0; i < n; i++) {
      sumV[i] = SIXTH * qvel[i]!;
      sumA[i] = SIXTH * a[i]!;
      stageQ[i] = qpos[i]! + 0.5 * h * qvel[i]!;
      stageV[i] = qvel[i]! + 0.5 * h * a[i]!;
    }
    for (let stage = 2; stage <= 3; stage++) {
      const reach = stage === 2 ? 0.5 * h : h;
      this.#accelerate(stageQ, stageV, forceN);
      for (let i = 0; i < n; i++) {
        const v = stageV[i]!;
        sumV[i] = sumV[i]! + THIRD * v;
        sumA[i] = sumA[i]! + THIRD * a[i]!;
        stageQ[i] = qpos[i]! + reach * v;
        stageV[i] = qvel[i]! + reach * a[i]!;
      }
    }
    this.#accelerate(stageQ, stageV, forceN);
    for (let i = 0; i < n; i++) {
      qpos[i] = qpos[i]! + h * (sumV[i]! + SIXTH * stageV[i]!);
      qvel[i] = qvel[i]! + h * (sumA[i]! + SIXTH * a[i]!);
      warmStart[i] = a[i]!;
    }
  }

  /** Accelerations of the (relative) coordinates into `#acceleration`, forces of stops and friction into `constraintForce`. */
  #accelerate(qpos: Float64Array, qvel: Float64Array, forceN: number): void {
    const n = this.#n;
    const joints = this.#joints;
    const a = this.#acceleration;
    const { constraintForce } = this;
    joints.evaluate(qpos, qvel, this.applied, forceN);
    joints.accelerate(a);
    // A loop, not fill: for three numbers the call costs more than the work.
    for (let i = 0; i < n; i++) constraintForce[i] = 0;
    const stops = this.#stops;
    let count = 0;
    for (let s = 0; s < stops.length; s++) {
      const stop = stops[s]!;
      if (stop.isNear(qpos[stop.joint]!)) this.#near[count++] = stop;
    }
    if (count > 0 || this.#rubs) this.#constrain(qpos, qvel, count);
  }

  /** What near stops and dry friction leave of the free acceleration. */
  #constrain(qpos: Float64Array, qvel: Float64Array, count: number): void {
    const newton = this.#newton;
    const a = this.#acceleration;
    newton.mass.set(this.#joints.mass);
    newton.force.set(this.#joints.force);
    newton.free.set(a);
    if (!newton.solve(this.#near, count, qpos, qvel)) {
      a.fill(Number.NaN);
      return;
    }
    a.set(newton.acceleration);
    this.constraintForce.set(newton.constraintForce);
  }
}

export const lagrangian: EngineDefinition = {
  id: "lagrangian",
  summary:
    "The equations of motion in joint coordinates, Runge-Kutta of order 4, MuJoCo's soft stops: agrees with MuJoCo.",
  references: [
    "MuJoCo documentation, chapter Computation (soft constraints, Runge-Kutta)",
    "Todorov, Erez & Tassa, MuJoCo: A physics engine for model-based control, IROS 2012",
  ],
  create: (chain, timing) => new LagrangianEngine(chain, timing),
};
