import Matter from "matter-js";
import { type CartChain, dofCount, tipPosition } from "./cart-chain.ts";
import { ChainBodies, FORCE_PER_N, TORQUE_PER_NM } from "./chain-bodies.ts";
import { ChainDynamics } from "./chain-dynamics.ts";
import {
  captureState,
  type EngineDefinition,
  type EngineSnapshot,
  type EngineTiming,
  type PhysicsEngine,
} from "./engine.ts";
import { FrictionForce } from "./friction-force.ts";
import { JointProjection } from "./joint-projection.ts";

/**
 * matter-js moves the bodies; hinges, rail and stops are solved as the projection that its Verlet scheme calls for.
 *
 * Matter's own constraints use the lever arms after the step, which acts as a friction of about omega^2 h that no number
 * of iterations removes. Here the world holds free bodies. One substep of h is:
 *
 *  1. forces: gravity (Matter's own), the push, the friction of the joints (viscous and dry) at the
 *     extrapolated rates;
 *  2. `Engine.update`: Matter's Verlet step of every body as if it were free;
 *  3. the reactions of the joints, along the lever arms from BEFORE the step, that close every gap after it (SHAKE:
 *     Ryckaert, Ciccotti & Berendsen, J. Comput. Phys. 23, 1977), the rail's and the soft stops' among them.
 *
 * Verlet velocities live half a substep away from the positions. So an environment step begins with half a kick from its
 * state (q, v) and ends with half a kick made consistent with the joints (RATTLE: Andersen, J. Comput. Phys. 52, 1983).
 * In between that is the same leapfrog; at the seams it is the mean of old and new push; and (qpos, qvel) is the whole
 * state, so reset, snapshot and restore are exact. Second order, symplectic: no systematic loss of energy.
 *
 * Measured choices: docs/decisions/matter-projection.md.
 */
export class MatterEngine implements PhysicsEngine {
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
  readonly constraintForce: Float64Array;
  readonly tip = new Float64Array(2);
  readonly applied: Float64Array;

  #chain: CartChain;
  readonly #engine: Matter.Engine;
  readonly #bodies: ChainBodies;
  readonly #projection: JointProjection;
  readonly #dynamics: ChainDynamics;
  readonly #damping: Float64Array;
  readonly #friction: FrictionForce | null;
  /** Joint coordinates, for the dry friction. */
  readonly #place: Float64Array;
  readonly #n: number;
  readonly #substeps: number;
  readonly #substepS: number;
  /** Joint rates (relative): now, and half a substep and one and a half ago. */
  readonly #rate: Float64Array;
  readonly #half: Float64Array;
  readonly #halfBefore: Float64Array;
  readonly #force: Float64Array;
  #gap = 0;

  constructor(chain: CartChain, timing: EngineTiming) {
    const n = dofCount(chain);
    const stepS = timing.timeStepS * timing.frameSkip;
    this.#chain = chain;
    this.#n = n;
    // The small allowance keeps 0.05 s / 0.005 s at 10 whatever the rounding.
    this.#substeps = Math.max(1, Math.ceil(stepS / timing.matterStepS - 1e-9));
    this.#substepS = stepS / this.#substeps;
    this.#bodies = new ChainBodies(chain, this.#substepS);
    // Nothing collides and Matter has no constraint to solve: no passes over either.
    this.#engine = Matter.Engine.create({
      positionIterations: 0,
      velocityIterations: 0,
      constraintIterations: 0,
      gravity: { x: chain.gravityXMPerS2, y: -chain.gravityZMPerS2, scale: FORCE_PER_N },
    });
    Matter.Composite.add(this.#engine.world, [...this.#bodies.bodies]);
    // Taken as seen: the collision detector is left empty.
    this.#engine.world.isModified = false;
    this.#dynamics = new ChainDynamics(chain);
    this.#projection = new JointProjection(chain, this.#bodies, this.#dynamics.inverseWeights(), {
      substepS: this.#substepS,
      stopTimeStepS: Math.max(timing.timeStepS, this.#substepS),
    });
    this.#damping = Float64Array.of(chain.cartDampingNsPerM, ...chain.links.map((link) => link.dampingNms));
    this.#friction = FrictionForce.of(chain, Math.max(timing.timeStepS, this.#substepS));
    this.#place = new Float64Array(n);
    this.qpos = new Float64Array(n);
    this.qvel = new Float64Array(n);
    this.constraintForce = new Float64Array(n);
    this.applied = new Float64Array(n);
    this.#force = new Float64Array(3 * n);
    this.#rate = new Float64Array(n);
    this.#half = new Float64Array(n);
    this.#halfBefore = new Float64Array(n);
    tipPosition(chain, this.qpos, this.tip);
  }

  get chain(): CartChain {
    return this.#chain;
  }

  place(qpos: ArrayLike<number>, qvel: ArrayLike<number>): void {
    this.qpos.set(qpos);
    this.qvel.set(qvel);
    this.#bodies.place(this.qpos, this.qvel);
    this.#computeForces(0, this.qvel);
    this.#projection.settle(this.qvel, this.#force, true);
    this.#readConstraintForce();
    this.#gap = 0;
    tipPosition(this.chain, this.qpos, this.tip);
  }

  step(forceN: number): void {
    const n = this.#n;
    const projection = this.#projection;
    const rate = this.#rate;
    let half = this.#half;
    let before = this.#halfBefore;
    this.#bodies.place(this.qpos, this.qvel);
    rate.set(this.qvel);
    for (let substep = 0; substep < this.#substeps; substep++) {
      const kick = substep === 0 ? 0.5 : 1;
      projection.prepare(rate, substep === 0);
      this.#computeForces(forceN, rate);
      this.#applyForces(kick);
      Matter.Engine.update(this.#engine, this.#substepS * 1000);
      projection.close();
      [half, before] = [before, half];
      this.#bodies.readRates(half);
      // Rates now: from those at 0 and 1/2 on the first substep, from the last two halves later.
      for (let i = 0; i < n; i++) {
        rate[i] = substep === 0 ? 2 * half[i]! - this.qvel[i]! : 1.5 * half[i]! - 0.5 * before[i]!;
      }
    }
    this.#gap = projection.gapM();
    this.#bodies.readPositions(this.qpos);
    this.#computeForces(forceN, rate);
    projection.settle(rate, this.#force, false);
    this.qvel.set(projection.settledRate);
    this.#readConstraintForce();
    tipPosition(this.chain, this.qpos, this.tip);
  }

  changeGravity(chain: CartChain): void {
    this.#chain = chain;
    this.#engine.gravity.x = chain.gravityXMPerS2;
    this.#engine.gravity.y = -chain.gravityZMPerS2;
    this.#dynamics.changeGravity(chain);
    this.#friction?.changeGravity(chain);
  }

  energyJ(): number {
    return this.#dynamics.energyJ(this.qpos, this.qvel);
  }

  jointGapM(): number {
    return this.#gap;
  }

  snapshot(): EngineSnapshot {
    return captureState(this);
  }

  restore(snapshot: EngineSnapshot): void {
    this.qpos.set(snapshot.qpos);
    this.qvel.set(snapshot.qvel);
    this.constraintForce.set(snapshot.constraintForce);
    this.tip.set(snapshot.tip);
    this.applied.set(snapshot.applied);
    this.#gap = snapshot.jointGapM;
  }

  /** The push, what else is applied, the joints' friction and gravity on every body, N and N m, Matter's frame (y down). */
  #computeForces(forceN: number, rate: Float64Array): void {
    const force = this.#force;
    const damping = this.#damping;
    const { chain, applied } = this;
    force[0] = forceN + applied[0]! - damping[0]! * rate[0]! + chain.cartMassKg * chain.gravityXMPerS2;
    for (let i = 1; i < this.#n; i++) {
      const { massKg } = chain.links[i - 1]!;
      force[3 * i] = massKg * chain.gravityXMPerS2;
      force[3 * i + 1] = -massKg * chain.gravityZMPerS2;
      // A hinge's torque reacts on the link below it.
      const above = i + 1 < this.#n ? damping[i + 1]! * rate[i + 1]! - applied[i + 1]! : 0;
      force[3 * i + 2] = above - damping[i]! * rate[i]! + applied[i]!;
    }
    if (this.#friction !== null) this.#addFriction(this.#friction, forceN, rate);
  }

  #addFriction(friction: FrictionForce, forceN: number, rate: Float64Array): void {
    const force = this.#force;
    this.#bodies.readPositions(this.#place);
    friction.evaluate(this.#place, rate, this.applied, forceN);
    force[0] = force[0]! + friction.force[0]!;
    for (let i = 1; i < this.#n; i++) {
      const above = i + 1 < this.#n ? friction.force[i + 1]! : 0;
      force[3 * i + 2] = force[3 * i + 2]! + (friction.force[i]! - above);
    }
  }

  /** Of stops and dry friction, as `settle` and the last forces had them. */
  #readConstraintForce(): void {
    const { constraintForce } = this;
    constraintForce.set(this.#projection.stopForce);
    const friction = this.#friction;
    if (friction === null) return;
    for (let i = 0; i < this.#n; i++) constraintForce[i] = constraintForce[i]! + friction.force[i]!;
  }

  /** Hands `kick` times the forces to Matter, which adds gravity itself. */
  #applyForces(kick: number): void {
    const { bodies } = this.#bodies;
    const force = this.#force;
    const cart = bodies[0]!;
    const { chain } = this;
    this.#engine.gravity.scale = kick * FORCE_PER_N;
    cart.force.x = kick * FORCE_PER_N * (force[0]! - chain.cartMassKg * chain.gravityXMPerS2);
    for (let i = 1; i < this.#n; i++) bodies[i]!.torque = kick * TORQUE_PER_NM * force[3 * i + 2]!;
  }
}

export const matter: EngineDefinition = {
  id: "matter",
  summary: "The rigid-body engine matter-js, its joints solved by a projection that conserves energy.",
  references: [
    "Liam Brummitt, matter-js 0.20, https://brm.io/matter-js",
    "Ryckaert, Ciccotti & Berendsen, J. Comput. Phys. 23, 327 (1977)",
    "Andersen, J. Comput. Phys. 52, 24 (1983)",
  ],
  create: (chain, timing) => new MatterEngine(chain, timing),
};
