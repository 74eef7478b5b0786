import { type CartChain, jointLimits } from "./cart-chain.ts";
import { ChainDynamics } from "./chain-dynamics.ts";
import { dryFrictions } from "./dry-friction.ts";
import { JointDynamics } from "./joint-dynamics.ts";
import { type SoftStop, softStops } from "./soft-stop.ts";
import { StopNewton } from "./stop-newton.ts";

/**
 * The force of dry friction (dry-friction.ts) on every joint in a given state, for engines that solve no such constraint
 * themselves and apply it beside the viscous friction. It is what `lagrangian` and `mujoco` find in that state.
 */
export class FrictionForce {
  /** N and N m [n]; from the last `evaluate`. */
  readonly force: Float64Array;

  readonly #joints: JointDynamics;
  readonly #newton: StopNewton;
  readonly #stops: readonly SoftStop[];
  readonly #near: SoftStop[] = [];

  private constructor(chain: CartChain, newton: StopNewton, stops: readonly SoftStop[]) {
    this.#joints = new JointDynamics(chain);
    this.#newton = newton;
    this.#stops = stops;
    this.force = newton.frictionForce;
  }

  /** Null for a chain without dry friction: nothing is to be computed then. */
  static of(chain: CartChain, timeStepS: number): FrictionForce | null {
    const weights = new ChainDynamics(chain).inverseWeights();
    const frictions = dryFrictions(chain, weights, timeStepS);
    if (frictions.length === 0) return null;
    const newton = new StopNewton(weights.length, frictions);
    return new FrictionForce(chain, newton, softStops(jointLimits(chain), weights, timeStepS));
  }

  changeGravity(chain: CartChain): void {
    this.#joints.changeGravity(chain);
  }

  /** Fills `force`, NaN for a state that is not finite; arguments as `JointDynamics.evaluate`. */
  evaluate(qpos: Float64Array, qvel: Float64Array, applied: Float64Array, pushN: number): void {
    const joints = this.#joints;
    const newton = this.#newton;
    joints.evaluate(qpos, qvel, applied, pushN);
    joints.accelerate(newton.free);
    newton.mass.set(joints.mass);
    newton.force.set(joints.force);
    // Not from the last step's: the state alone decides, so that there is nothing to keep in a snapshot.
    newton.warmStart.set(newton.free);
    let count = 0;
    for (const stop of this.#stops) if (stop.isNear(qpos[stop.joint]!)) this.#near[count++] = stop;
    if (!newton.solve(this.#near, count, qpos, qvel)) this.force.fill(Number.NaN);
  }
}
