import { type CartChain, dofCount } from "./cart-chain.ts";
import { factorCholesky, solveCholesky } from "./cholesky.ts";

/**
 * The equations of motion of a cart chain, M(u) a = f(u, w), in the coordinates u = [x, phi_1, ..., phi_N] with ABSOLUTE
 * link angles (M is simplest there; `qpos` has relative ones).
 *
 * With the first moment of link i and all it carries, P_i = R(phi_i) (m_i cx_i, m_i cz_i + L_i sum_{k>i} m_k), where
 * R(phi) (x, z) = (x cos phi + z sin phi, -x sin phi + z cos phi), and e_i = L_i (cos phi_i, -sin phi_i):
 *
 *     M_00 = sum of masses               M_0i = P_i,z
 *     M_ii = I_i + m_i |c_i|^2 + L_i^2 sum_{k>i} m_k
 *     M_ij = e_i . (P_j,z, -P_j,x)       for j > i
 *
 *     f_0 = F - d_0 x' + sum_j P_j,x phi_j'^2 + g_x sum of masses
 *     f_i = sum_{j != i} (centripetal) + g_x P_i,z - g_z P_i,x + hinge damping on relative rates
 *
 * Every method works in preallocated memory; an object belongs to one engine.
 */
export class ChainDynamics {
  readonly n: number;
  /** Mass matrix, row-major [n, n]; its lower triangle (and, after `factor`, its Cholesky factor). */
  readonly mass: Float64Array;
  /** Generalised force on the absolute coordinates [n]. */
  readonly force: Float64Array;

  readonly #links: number;
  readonly #totalMass: number;
  #gravityX: number;
  #gravityZ: number;
  /** Slider, then hinges. */
  readonly #damping: Float64Array;
  readonly #length: Float64Array;
  readonly #momentX: Float64Array;
  readonly #momentZ: Float64Array;
  readonly #diagonal: Float64Array;
  readonly #sin: Float64Array;
  readonly #cos: Float64Array;
  readonly #px: Float64Array;
  readonly #pz: Float64Array;
  readonly #rate2: Float64Array;

  constructor(chain: CartChain) {
    const n = dofCount(chain);
    const links = n - 1;
    this.n = n;
    this.#links = links;
    this.mass = new Float64Array(n * n);
    this.force = new Float64Array(n);
    this.#gravityX = chain.gravityXMPerS2;
    this.#gravityZ = chain.gravityZMPerS2;
    this.#damping = Float64Array.of(chain.cartDampingNsPerM, ...chain.links.map((link) => link.dampingNms));
    this.#length = Float64Array.from(chain.links, (link) => link.lengthM);
    this.#momentX = new Float64Array(links);
    this.#momentZ = new Float64Array(links);
    this.#diagonal = new Float64Array(links);
    this.#sin = new Float64Array(links);
    this.#cos = new Float64Array(links);
    this.#px = new Float64Array(links);
    this.#pz = new Float64Array(links);
    this.#rate2 = new Float64Array(links);
    let carried = 0;
    for (let i = links - 1; i >= 0; i--) {
      const link = chain.links[i]!;
      this.#momentX[i] = link.massKg * link.centreXM;
      this.#momentZ[i] = link.massKg * link.centreZM + carried * link.lengthM;
      this.#diagonal[i] =
        link.inertiaKgM2 +
        link.massKg * (link.centreXM ** 2 + link.centreZM ** 2) +
        carried * link.lengthM ** 2;
      carried += link.massKg;
    }
    this.#totalMass = carried + chain.cartMassKg;
  }

  changeGravity({ gravityXMPerS2, gravityZMPerS2 }: CartChain): void {
    this.#gravityX = gravityXMPerS2;
    this.#gravityZ = gravityZMPerS2;
  }

  /**
   * Fills `mass` (lower triangle) and `force`.
   *
   * @param qpos [n] and qvel [n], MuJoCo's (relative) coordinates
   * @param forceN the push on the cart along +x
   */
  evaluate(qpos: Float64Array, qvel: Float64Array, forceN: number): void {
    const n = this.n;
    const links = this.#links;
    const { mass, force } = this;
    const sin = this.#sin;
    const cos = this.#cos;
    const px = this.#px;
    const pz = this.#pz;
    const rate2 = this.#rate2;
    const length = this.#length;
    const damping = this.#damping;
    const momentX = this.#momentX;
    const momentZ = this.#momentZ;
    const gravityX = this.#gravityX;
    const gravityZ = this.#gravityZ;

    let angle = 0;
    let rate = 0;
    let push = forceN - damping[0]! * qvel[0]! + gravityX * this.#totalMass;
    for (let i = 0; i < links; i++) {
      angle += qpos[i + 1]!;
      rate += qvel[i + 1]!;
      const s = Math.sin(angle);
      const c = Math.cos(angle);
      sin[i] = s;
      cos[i] = c;
      rate2[i] = rate * rate;
      const mx = momentX[i]!;
      const mz = momentZ[i]!;
      px[i] = mx * c + mz * s;
      pz[i] = -mx * s + mz * c;
      push += px[i]! * rate2[i]!;
    }
    mass[0] = this.#totalMass;
    force[0] = push;

    for (let i = 0; i < links; i++) {
      const row = (i + 1) * n;
      mass[row] = pz[i]!;
      mass[row + i + 1] = this.#diagonal[i]!;
      // The hinge's own friction, less that of the next one, which reacts on this link.
      let torque = gravityX * pz[i]! - gravityZ * px[i]! - damping[i + 1]! * qvel[i + 1]!;
      if (i + 1 < links) torque += damping[i + 2]! * qvel[i + 2]!;
      for (let j = 0; j < i; j++) {
        // L_j (cos(phi_j) P_i,z + sin(phi_j) P_i,x): how a turn of link j moves what link i carries.
        mass[row + j + 1] = length[j]! * (cos[j]! * pz[i]! + sin[j]! * px[i]!);
        torque += length[j]! * (pz[i]! * sin[j]! - px[i]! * cos[j]!) * rate2[j]!;
      }
      for (let j = i + 1; j < links; j++) {
        torque += length[i]! * (cos[i]! * px[j]! - sin[i]! * pz[j]!) * rate2[j]!;
      }
      force[i + 1] = torque;
    }
  }

  /** Replaces `mass` by its Cholesky factor; false where it is not positive definite (a state that is not finite). */
  factor(): boolean {
    return factorCholesky(this.mass, this.n, this.n);
  }

  /** x <- M^-1 x, after `factor`; x [n] in absolute coordinates. */
  solve(x: Float64Array): void {
    solveCholesky(this.mass, this.n, this.n, x);
  }

  /** Kinetic plus potential energy, J; the potential is 0 with every mass at the rail's height and x = 0. */
  energyJ(qpos: Float64Array, qvel: Float64Array): number {
    this.evaluate(qpos, qvel, 0);
    const n = this.n;
    const rates = new Float64Array(n);
    rates[0] = qvel[0]!;
    let rate = 0;
    for (let i = 1; i < n; i++) {
      rate += qvel[i]!;
      rates[i] = rate;
    }
    let energy = -this.#gravityX * this.#totalMass * qpos[0]!;
    for (let i = 0; i < n; i++) {
      energy += 0.5 * this.mass[i * n + i]! * rates[i]! ** 2;
      for (let j = 0; j < i; j++) energy += this.mass[i * n + j]! * rates[i]! * rates[j]!;
    }
    for (let i = 0; i < this.#links; i++) {
      energy -= this.#gravityX * this.#px[i]! + this.#gravityZ * this.#pz[i]!;
    }
    return energy;
  }

  /**
   * Inverse inertia that each joint feels in the pose qpos = 0, diag(J M^-1 J^T), 1/kg or 1/(kg m2): MuJoCo's
   * `dof_invweight0`, which scales its soft stops. [n]
   */
  inverseWeights(): Float64Array {
    const n = this.n;
    const rest = new Float64Array(n);
    this.evaluate(rest, rest, 0);
    this.factor();
    const weights = new Float64Array(n);
    const column = new Float64Array(n);
    for (let joint = 0; joint < n; joint++) {
      column.fill(0);
      column[joint] = 1;
      if (joint > 1) column[joint - 1] = -1;
      this.solve(column);
      weights[joint] = column[joint]! - (joint > 1 ? column[joint - 1]! : 0);
    }
    return weights;
  }
}
