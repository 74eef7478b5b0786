import type { PhysicalState } from "../../core/env.ts";
import type { CartChainEnv } from "../cart-chain-env.ts";
import type { CartChainParameters } from "../cart-chain-parameters.ts";
import { ChainDynamics } from "../physics/chain-dynamics.ts";
import { factorCholesky, solveCholesky } from "../physics/cholesky.ts";
import { LagrangianEngine } from "../physics/lagrangian.ts";
import { Balancer } from "./balancer.ts";

/** Cart acceleration, m/s2, for each (m/s) of the poles' mean speed and all the energy missing. */
const PUMP = 9;
/** And for each metre and m/s off the middle. */
const CENTRE_PER_S2 = 3;
const CENTRE_PER_S = 1.5;
/** The regulator takes over where, tried out ahead for so long, it has every pole this close to upright in the end. */
const AHEAD_S = 1.5;
const CAUGHT_RAD = 0.2;
/** It is not tried, and a trial is given up, with a pole leaning further than this. */
const HOPELESS_RAD = 2;
/** Steady pushes tried before the regulator, as shares of the largest, each for up to the longest time. */
const LEAD_SHARES = [1, -1, 0.5, -0.5, 0];
const LEAD_S = 0.04;
const LONGEST_LEAD_S = 0.4;
/** Where none of them will do, two in turn, the second the other way; tried in every so many steps, for it takes longer. */
const SECOND_LEADS_S = [0.06, 0.12, 0.2];
const TRY_TWO_EVERY = 2;
/** Steps of the copy in one of the environment. */
const COPY_STEPS = 2;

/** A push, N as a share of the environment's actions, and for how many steps. */
type Lead = readonly [action: number, steps: number];

/**
 * Swings poles up by their energy (Astrom & Furuta, Automatica 36, 287, 2000) and catches them with the regulator, as
 * soon as that, tried out on a copy of the bodies, would hold them.
 *
 * E is the energy of the poles as seen from the cart, less that of upright rest, in units of what hanging lacks. A cart
 * acceleration a changes it by -a sum_j M_0j phi_j' (M the mass matrix in absolute angles), so
 *
 *     a = k E sum_j M_0j phi_j' / sum_j |M_0j(upright)| - pull to the middle
 *
 * drives E to 0, from below and from above. The push that gives the cart that acceleration follows from the equations of
 * motion: solve M_pp phi'' = f_p - M_p0 a for the poles, then F = M_00 a + M_0p phi'' - f_0.
 */
export class SwingUpController {
  readonly #env: CartChainEnv<CartChainParameters, Float32Array, ArrayLike<number>>;
  readonly #balancer: Balancer;
  readonly #dynamics: ChainDynamics;
  readonly #copy: LagrangianEngine;
  readonly #limit: number;
  readonly #newtons: number;
  readonly #upEnergy: number;
  readonly #lacking: number;
  readonly #moment: number;
  /** What is left of the pushes that were found to lead to a catch. */
  #plan: number[] = [];
  #steps = 0;

  constructor(env: CartChainEnv<CartChainParameters, Float32Array, ArrayLike<number>>) {
    this.#env = env;
    this.#balancer = new Balancer(env);
    this.#limit = this.#balancer.limit;
    this.#newtons = env.actionForceN([1]);
    this.#dynamics = new ChainDynamics(env.chain);
    const stepS = env.stepSeconds;
    this.#copy = new LagrangianEngine(env.chain, {
      timeStepS: stepS / COPY_STEPS,
      frameSkip: COPY_STEPS,
      matterStepS: stepS,
    });
    const { n } = this.#dynamics;
    const rest = new Float64Array(n);
    const hanging = new Float64Array(n);
    hanging[1] = Math.PI;
    this.#upEnergy = this.#dynamics.energyJ(rest, rest);
    this.#lacking = this.#upEnergy - this.#dynamics.energyJ(hanging, rest);
    this.#dynamics.evaluate(rest, rest, 0);
    let moment = 0;
    for (let i = 1; i < n; i++) moment += Math.abs(this.#dynamics.mass[i * n]!);
    this.#moment = moment;
  }

  /** One step of the environment under the controller. */
  step(): ReturnType<CartChainEnv<CartChainParameters, Float32Array>["step"]> {
    const state = this.#env.state();
    return this.#env.step([this.#clip(this.#catch(state) ?? this.#pump(state))]);
  }

  #clip(u: number): number {
    return Math.max(-this.#limit, Math.min(this.#limit, u));
  }

  /** The action that leads to a catch, if one of those tried does: the regulator's, or pushes before it. */
  #catch(state: PhysicalState): number | undefined {
    this.#steps++;
    if (largestLean(state.qpos) > HOPELESS_RAD) {
      this.#plan = [];
      return undefined;
    }
    const planned = this.#plan.shift();
    if (planned !== undefined) return planned;
    if (this.#holds(state, [])) return this.#balancer.wish(state);
    const leads = this.#findLeads(state);
    if (leads === undefined) return undefined;
    this.#plan = leads.flatMap(([action, steps]) => Array<number>(steps).fill(action));
    return this.#plan.shift();
  }

  #findLeads(state: PhysicalState): readonly Lead[] | undefined {
    const { stepSeconds } = this.#env;
    const lead = (share: number, seconds: number): Lead => [
      share * this.#limit,
      Math.max(1, Math.round(seconds / stepSeconds)),
    ];
    for (let leadS = LEAD_S; leadS <= LONGEST_LEAD_S; leadS += LEAD_S) {
      for (const share of LEAD_SHARES) {
        const leads = [lead(share, leadS)];
        if (this.#holds(state, leads)) return leads;
      }
    }
    if (this.#steps % TRY_TWO_EVERY !== 0) return undefined;
    for (let leadS = LEAD_S; leadS <= LONGEST_LEAD_S; leadS += 2 * LEAD_S) {
      for (const share of LEAD_SHARES) {
        for (const secondS of SECOND_LEADS_S) {
          for (const second of share === 0 ? [1, -1] : [-Math.sign(share)]) {
            const leads = [lead(share, leadS), lead(second, secondS)];
            if (this.#holds(state, leads)) return leads;
          }
        }
      }
    }
    return undefined;
  }

  /** Whether these pushes and then the regulator would bring the poles to rest upright. */
  #holds(state: PhysicalState, leads: readonly Lead[]): boolean {
    const copy = this.#copy;
    const now = { qpos: copy.qpos, qvel: copy.qvel };
    copy.place(state.qpos, state.qvel);
    for (const [action, steps] of leads) {
      for (let i = 0; i < steps; i++) {
        copy.step(this.#newtons * action);
        if (!(largestLean(copy.qpos) < HOPELESS_RAD)) return false;
      }
    }
    const steps = Math.ceil(AHEAD_S / this.#env.stepSeconds);
    for (let i = 0; i < steps; i++) {
      copy.step(this.#newtons * this.#clip(this.#balancer.wish(now)));
      if (!(largestLean(copy.qpos) < HOPELESS_RAD)) return false;
    }
    return largestLean(copy.qpos) < CAUGHT_RAD;
  }

  #pump(state: PhysicalState): number {
    const qpos = Float64Array.from(state.qpos);
    const qvel = Float64Array.from(state.qvel);
    const dynamics = this.#dynamics;
    const { n } = dynamics;
    const poles = n - 1;
    const fromCart = qvel.slice();
    fromCart[0] = 0;
    const energy = (dynamics.energyJ(qpos, fromCart) - this.#upEnergy) / this.#lacking;
    dynamics.evaluate(qpos, qvel, 0);
    const coupling = Float64Array.from({ length: poles }, (_, i) => dynamics.mass[(i + 1) * n]!);
    let speed = 0;
    let rate = 0;
    for (let i = 0; i < poles; i++) {
      rate += qvel[i + 1]!;
      speed += coupling[i]! * rate;
    }
    const a = (PUMP * energy * speed) / this.#moment - CENTRE_PER_S2 * qpos[0]! - CENTRE_PER_S * qvel[0]!;
    const inner = new Float64Array(poles * poles);
    const turning = new Float64Array(poles);
    for (let i = 0; i < poles; i++) {
      turning[i] = dynamics.force[i + 1]! - coupling[i]! * a;
      for (let j = 0; j <= i; j++) inner[i * poles + j] = dynamics.mass[(i + 1) * n + j + 1]!;
    }
    factorCholesky(inner, poles, poles);
    solveCholesky(inner, poles, poles, turning);
    let push = dynamics.mass[0]! * a - dynamics.force[0]!;
    for (let i = 0; i < poles; i++) push += coupling[i]! * turning[i]!;
    return push / this.#newtons;
  }
}

/** The largest angle of a pole from upright, rad. */
function largestLean(qpos: ArrayLike<number>): number {
  let angle = 0;
  let cosine = 1;
  for (let i = 1; i < qpos.length; i++) {
    angle += qpos[i]!;
    cosine = Math.min(cosine, Math.cos(angle));
  }
  return Math.acos(cosine);
}
