import type { PhysicalState } from "../../core/env.ts";
import { Box } from "../../core/space.ts";
import { type AnyEnv, hasChoices } from "../definition.ts";
import { linearise } from "./linearise.ts";
import { solveRiccati } from "./riccati.ts";

/** Cost of the cart's place, of each angle and of each rate; an action of full size costs 1. */
const PLACE_COST = 1;
const ANGLE_COST = 10;
const RATE_COST = 0.1;

/**
 * Keeps poles upright: a linear-quadratic regulator of the environment's own step, u = -K [qpos, qvel], clipped to the
 * actions there are; where actions are choices, the push of u's sign. Hinges may be whole turns away from upright.
 */
export class Balancer {
  /** `[2 (1 + N)]`: the action taken off for each unit of position, angles, velocity, rates. */
  readonly gain: Float64Array;
  readonly #env: AnyEnv;
  /** The largest action, in its units. */
  readonly limit: number;

  /**
   * @param env the environment to hold; it is used to find its model and left reset
   * @throws SpikegymError where upright is no equilibrium or cannot be held
   */
  constructor(env: AnyEnv) {
    this.#env = env;
    this.limit = env.actionSpace instanceof Box ? env.actionSpace.high[0]! : 1;
    env.reset();
    const dofs = env.state().qpos.length;
    const model = linearise(env, Array<number>(dofs).fill(0));
    const angles = Array<number>(dofs - 1).fill(ANGLE_COST);
    const costs = [PLACE_COST, ...angles, ...Array<number>(dofs).fill(RATE_COST)];
    this.gain = solveRiccati(model, costs, 1 / this.limit ** 2);
    env.reset();
  }

  /** What the regulator would do if there were no limit, in the environment's actions. */
  wish({ qpos, qvel }: Readonly<Record<keyof PhysicalState, ArrayLike<number>>>): number {
    const dofs = qpos.length;
    let u = -this.gain[0]! * qpos[0]!;
    for (let i = 1; i < dofs; i++) u -= this.gain[i]! * nearestTurn(qpos[i]!);
    for (let i = 0; i < dofs; i++) u -= this.gain[dofs + i]! * qvel[i]!;
    return u;
  }

  /** One step of the environment under the regulator. */
  step(): ReturnType<AnyEnv["step"]> {
    const env = this.#env;
    const u = this.wish(env.state());
    if (hasChoices(env)) return env.step(u > 0 ? 1 : 0);
    return env.step([Math.max(-this.limit, Math.min(this.limit, u))]);
  }
}

/** The same angle within half a turn of upright, rad. */
function nearestTurn(angle: number): number {
  return angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}
