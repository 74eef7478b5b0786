import { UsageError } from "../../core/errors.ts";
import { type CartChain, tipPosition } from "./cart-chain.ts";
import { ChainDynamics } from "./chain-dynamics.ts";
import {
  captureState,
  type EngineDefinition,
  type EngineSnapshot,
  type EngineTiming,
  type PhysicsEngine,
} from "./engine.ts";
import { FrictionForce } from "./friction-force.ts";

/**
 * Gymnasium's cart and pole: the closed equations of one link, integrated by the explicit Euler rule. With the pole's
 * first moment s = m c and total mass M:
 *
 *     u        = (F - d_0 x' + s theta'^2 sin(theta)) / M + g_x
 *     theta''  = (-g_z sin(theta) + g_x cos(theta) + (tau - d_1 theta') / s - u cos(theta)) / (r - s cos(theta)^2 / M)
 *     x''      = u - s theta'' cos(theta) / M
 *     (q, v)  += h (v, a)                          positions advance with the OLD velocities
 *
 * r = (I + m c^2) / s, 4/3 of half the length for a uniform rod. In this order, and with the divisions as they stand, a
 * step rounds as Gymnasium's does. Dry friction (dry-friction.ts) joins F and tau at the start of every step. Energy grows: that is the published task, not an accident.
 *
 * No allocation in `step`.
 */
export class ClassicEngine implements PhysicsEngine {
  readonly qpos = new Float64Array(2);
  readonly qvel = new Float64Array(2);
  readonly constraintForce = new Float64Array(2);
  readonly applied = new Float64Array(2);

  #chain: CartChain;
  readonly #timeStep: number;
  readonly #frameSkip: number;
  readonly #totalMass: number;
  readonly #moment: number;
  readonly #reducedLength: number;
  readonly #slider: number;
  readonly #hinge: number;
  #gravityX: number;
  #gravityZ: number;
  readonly #tip = new Float64Array(2);
  readonly #dynamics: ChainDynamics;
  readonly #friction: FrictionForce | null;

  /** @throws UsageError for a chain that these equations do not describe, with what to do */
  constructor(chain: CartChain, timing: EngineTiming) {
    const [link, ...more] = chain.links;
    if (link === undefined || more.length > 0 || chain.rail !== null || link.limit !== null) {
      throw new UsageError(
        'engine "classic" knows one pole without stops; set no rail or hinge limit, or take engine "lagrangian"',
      );
    }
    if (link.centreXM !== 0 || !(link.centreZM > 0)) {
      throw new UsageError(
        `engine "classic": the pole's centre of mass is at (${link.centreXM}, ${link.centreZM}) m, expected it on the pole's line above the hinge; or take engine "lagrangian"`,
      );
    }
    this.#chain = chain;
    this.#timeStep = timing.timeStepS;
    this.#frameSkip = timing.frameSkip;
    this.#totalMass = link.massKg + chain.cartMassKg;
    this.#moment = link.massKg * link.centreZM;
    this.#reducedLength = (link.inertiaKgM2 + link.massKg * link.centreZM ** 2) / this.#moment;
    this.#slider = chain.cartDampingNsPerM;
    this.#hinge = link.dampingNms / this.#moment;
    this.#gravityX = chain.gravityXMPerS2;
    this.#gravityZ = chain.gravityZMPerS2;
    this.#dynamics = new ChainDynamics(chain);
    this.#friction = FrictionForce.of(chain, timing.timeStepS);
  }

  /** Found when asked for: the steps need no tip. */
  get tip(): Float64Array {
    return tipPosition(this.chain, this.qpos, this.#tip);
  }

  get chain(): CartChain {
    return this.#chain;
  }

  place(qpos: ArrayLike<number>, qvel: ArrayLike<number>): void {
    this.qpos.set(qpos);
    this.qvel.set(qvel);
    this.constraintForce.fill(0);
    if (this.#friction === null) return;
    this.#friction.evaluate(this.qpos, this.qvel, this.applied, 0);
    this.constraintForce.set(this.#friction.force);
  }

  step(forceN: number): void {
    const friction = this.#friction;
    const pushN = forceN + this.applied[0]!;
    const torqueNm = this.applied[1]!;
    if (friction === null) {
      this.#euler(this.#frameSkip, pushN, torqueNm);
      return;
    }
    const { constraintForce } = this;
    for (let i = 0; i < this.#frameSkip; i++) {
      friction.evaluate(this.qpos, this.qvel, this.applied, forceN);
      constraintForce.set(friction.force);
      this.#euler(1, pushN + constraintForce[0]!, torqueNm + constraintForce[1]!);
    }
  }

  #euler(steps: number, pushed: number, torqueNm: number): void {
    const { qpos, qvel } = this;
    const h = this.#timeStep;
    const mass = this.#totalMass;
    const moment = this.#moment;
    const turned = torqueNm / moment;
    let x = qpos[0]!;
    let angle = qpos[1]!;
    let velocity = qvel[0]!;
    let rate = qvel[1]!;
    for (let i = 0; i < steps; i++) {
      const sin = Math.sin(angle);
      const cos = Math.cos(angle);
      const push = pushed - this.#slider * velocity;
      const u = (push + moment * (rate * rate) * sin) / mass + this.#gravityX;
      const turn = -this.#gravityZ * sin + this.#gravityX * cos - this.#hinge * rate + turned;
      const turning = (turn - cos * u) / (this.#reducedLength - (moment * (cos * cos)) / mass);
      const acceleration = u - (moment * turning * cos) / mass;
      x += h * velocity;
      velocity += h * acceleration;
      angle += h * rate;
      rate += h * turning;
    }
    qpos[0] = x;
    qpos[1] = angle;
    qvel[0] = velocity;
    qvel[1] = rate;
  }

  changeGravity(chain: CartChain): void {
    this.#chain = chain;
    this.#gravityX = chain.gravityXMPerS2;
    this.#gravityZ = chain.gravityZMPerS2;
    this.#dynamics.changeGravity(chain);
    this.#friction?.changeGravity(chain);
  }

  energyJ(): number {
    return this.#dynamics.energyJ(this.qpos, this.qvel);
  }

  /** 0: the coordinates cannot express a gap. */
  jointGapM(): number {
    return 0;
  }

  snapshot(): EngineSnapshot {
    return captureState(this);
  }

  restore(snapshot: EngineSnapshot): void {
    this.qpos.set(snapshot.qpos);
    this.qvel.set(snapshot.qvel);
    this.constraintForce.set(snapshot.constraintForce);
    this.applied.set(snapshot.applied);
  }
}

export const classic: EngineDefinition = {
  id: "classic",
  summary: "Gymnasium's cart and pole: closed equations of one pole, explicit Euler steps.",
  references: [
    "Gymnasium, CartPole-v1, https://gymnasium.farama.org/environments/classic_control/cart_pole/",
    "Florian, Correct equations for the dynamics of the cart-pole system (2007), for the derivation",
  ],
  create: (chain, timing) => new ClassicEngine(chain, timing),
};
