import { type CartChain, dofCount } from "./cart-chain.ts";
import { SineCosine } from "./sine.ts";

/** How far a quaternion's length may be from 1 before MuJoCo scales it (its mjMINVAL). */
const TINY = 1e-15;

/**
 * The equations of motion of a cart chain in the joints' own (relative) coordinates, found as MuJoCo finds them and in the
 * order of its sums, so that both round alike: an unstable pose multiplies a rounding by e^9 a second.
 *
 * Spatial vectors are taken about the common centre of mass; of their six components a motion in the plane needs three,
 * (turning about y, moving along x and z); the others are zeros, which change no rounding.
 *
 *     positions         half-angle quaternions, multiplied outwards (w, y); R from them
 *     body inertia      (I + m |d|^2, m d, m), d from the common centre of mass
 *     joint axes        slider (0; 1, 0), hinge (1; o_z, -o_x), o from the hinge to the common centre of mass
 *     mass matrix       composite rigid bodies: M_ij = s_j . (I_i composite s_i)
 *     bias              recursive Newton-Euler: f_i = I_i a_i + v_i x* (I_i v_i), gravity as an acceleration of the world
 *     acceleration      L^T D L = M, from the last joint to the first; M a = F - damping - bias
 *
 * Featherstone, Rigid Body Dynamics Algorithms, Springer 2008, chapters 5 and 6. No allocation but by the constructor.
 */
export class JointDynamics {
  readonly n: number;
  /** Mass matrix, row-major [n, n], full; from the last `evaluate`. */
  readonly mass: Float64Array;
  /** Force on every joint, damping and gravity included [n]; from the last `evaluate`. */
  readonly force: Float64Array;

  /** Of every body, cart first: mass, inertia, centre of mass in its frame, length; gravity; every joint's friction. */
  readonly #bodyMass: Float64Array;
  readonly #bodyInertia: Float64Array;
  readonly #bodyCentreX: Float64Array;
  readonly #bodyCentreZ: Float64Array;
  readonly #length: Float64Array;
  #gravityX: number;
  #gravityZ: number;
  readonly #damping: Float64Array;
  readonly #totalInverse: number;
  readonly #turn = new SineCosine();
  /** Of every body, cart first: place of its joint, of its centre of mass, and its rotation, which is [c, s; -s, c]. */
  readonly #x: Float64Array;
  readonly #z: Float64Array;
  readonly #centreX: Float64Array;
  readonly #centreZ: Float64Array;
  readonly #cosine: Float64Array;
  readonly #sine: Float64Array;
  /** Turning part of the rotation about y itself: 1 but for roundings. */
  readonly #unit: Float64Array;
  /** First moments of every body about the common centre; then inertia, moments and mass of it and all it carries. */
  readonly #momentX: Float64Array;
  readonly #momentZ: Float64Array;
  readonly #carriedInertia: Float64Array;
  readonly #carriedX: Float64Array;
  readonly #carriedZ: Float64Array;
  readonly #carriedMass: Float64Array;
  /** Of every hinge, moving part of its axis; of every body, velocity and acceleration, then the force on it. */
  readonly #axisX: Float64Array;
  readonly #axisZ: Float64Array;
  readonly #torque: Float64Array;
  readonly #forceX: Float64Array;
  readonly #forceZ: Float64Array;
  readonly #factor: Float64Array;
  readonly #inverse: Float64Array;

  constructor(chain: CartChain) {
    const n = dofCount(chain);
    const numbers = () => new Float64Array(n);
    this.n = n;
    this.#bodyMass = Float64Array.of(chain.cartMassKg, ...chain.links.map((link) => link.massKg));
    this.#bodyInertia = Float64Array.of(0, ...chain.links.map((link) => link.inertiaKgM2));
    this.#bodyCentreX = Float64Array.of(0, ...chain.links.map((link) => link.centreXM));
    this.#bodyCentreZ = Float64Array.of(0, ...chain.links.map((link) => link.centreZM));
    this.#length = Float64Array.of(0, ...chain.links.map((link) => link.lengthM));
    this.#gravityX = chain.gravityXMPerS2;
    this.#gravityZ = chain.gravityZMPerS2;
    this.mass = new Float64Array(n * n);
    this.force = numbers();
    this.#damping = Float64Array.of(chain.cartDampingNsPerM, ...chain.links.map((link) => link.dampingNms));
    this.#x = numbers();
    this.#z = numbers();
    this.#centreX = numbers();
    this.#centreZ = numbers();
    this.#cosine = numbers().fill(1);
    this.#sine = numbers();
    this.#unit = numbers().fill(1);
    this.#momentX = numbers();
    this.#momentZ = numbers();
    this.#carriedInertia = numbers();
    this.#carriedX = numbers();
    this.#carriedZ = numbers();
    this.#carriedMass = numbers();
    this.#axisX = numbers();
    this.#axisZ = numbers();
    this.#torque = numbers();
    this.#forceX = numbers();
    this.#forceZ = numbers();
    this.#factor = new Float64Array(n * n);
    this.#inverse = numbers();
    let total = 0;
    for (let i = n - 1; i >= 0; i--) {
      total += this.#bodyMass[i]!;
      this.#carriedMass[i] = total;
    }
    this.#totalInverse = 1 / total;
  }

  changeGravity({ gravityXMPerS2, gravityZMPerS2 }: CartChain): void {
    this.#gravityX = gravityXMPerS2;
    this.#gravityZ = gravityZMPerS2;
  }

  /**
   * Fills `mass` and `force`.
   *
   * @param applied generalised forces on the joints, N and N m [n]
   * @param pushN beside them on the cart
   */
  evaluate(qpos: Float64Array, qvel: Float64Array, applied: Float64Array, pushN: number): void {
    this.#placeBodies(qpos);
    this.#gatherInertia();
    this.#fillMass();
    this.#fillForce(qvel);
    this.force[0] = this.force[0]! + (pushN + applied[0]!);
    for (let i = 1; i < this.n; i++) this.force[i] = this.force[i]! + applied[i]!;
  }

  /** M^-1 f of the last `evaluate` into `out` [n]; not finite where the state is not. */
  accelerate(out: Float64Array): void {
    const n = this.n;
    const factor = this.#factor;
    const inverse = this.#inverse;
    for (let i = 0; i < n * n; i++) factor[i] = this.mass[i]!;
    for (let k = n - 1; k >= 0; k--) {
      const row = k * n;
      const over = 1 / factor[row + k]!;
      inverse[k] = over;
      for (let i = k - 1; i >= 0; i--) {
        const share = -factor[row + i]! * over;
        for (let j = 0; j <= i; j++) factor[i * n + j] = factor[i * n + j]! + factor[row + j]! * share;
      }
      for (let j = 0; j < k; j++) factor[row + j] = factor[row + j]! * over;
    }
    for (let i = 0; i < n; i++) out[i] = this.force[i]!;
    for (let i = n - 1; i > 0; i--) {
      const x = out[i]!;
      for (let j = 0; j < i; j++) out[j] = out[j]! - factor[i * n + j]! * x;
    }
    for (let i = 0; i < n; i++) out[i] = out[i]! * inverse[i]!;
    for (let i = 1; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < i; j++) sum += factor[i * n + j]! * out[j]!;
      out[i] = out[i]! - sum;
    }
  }

  /** (x, z) of the last link's end in the pose of the last `evaluate`, m. */
  readTip(out: Float64Array): void {
    const last = this.n - 1;
    const length = this.#length[last]!;
    out[0] = this.#sine[last]! * length + this.#x[last]!;
    out[1] = this.#cosine[last]! * length + this.#z[last]!;
  }

  #placeBodies(qpos: Float64Array): void {
    const lengths = this.#length;
    const turn = this.#turn;
    const x = this.#x;
    const z = this.#z;
    const cosine = this.#cosine;
    const sine = this.#sine;
    x[0] = qpos[0]!;
    this.#centreX[0] = qpos[0]!;
    let w = 1;
    let y = 0;
    for (let i = 1; i < this.n; i++) {
      const below = lengths[i - 1]!;
      x[i] = sine[i - 1]! * below + x[i - 1]!;
      z[i] = cosine[i - 1]! * below + z[i - 1]!;
      turn.of(qpos[i]! * 0.5);
      const nextW = w * turn.cos - y * turn.sin;
      y = w * turn.sin + y * turn.cos;
      w = nextW;
      const length = Math.sqrt(w * w + y * y);
      if (Math.abs(length - 1) > TINY) {
        const scale = 1 / length;
        w *= scale;
        y *= scale;
      }
      const ww = w * w;
      const yy = y * y;
      const c = ww - yy;
      const s = 2 * (w * y);
      cosine[i] = c;
      sine[i] = s;
      this.#unit[i] = ww + yy;
      const centreX = this.#bodyCentreX[i]!;
      const centreZ = this.#bodyCentreZ[i]!;
      this.#centreX[i] = c * centreX + s * centreZ + x[i]!;
      this.#centreZ[i] = -s * centreX + c * centreZ + z[i]!;
    }
  }

  /** Inertias and axes about the common centre of mass. */
  #gatherInertia(): void {
    const n = this.n;
    const bodyMass = this.#bodyMass;
    const centreX = this.#centreX;
    const centreZ = this.#centreZ;
    let comX = 0;
    let comZ = 0;
    for (let i = n - 1; i >= 0; i--) {
      comX += centreX[i]! * bodyMass[i]!;
      comZ += centreZ[i]! * bodyMass[i]!;
    }
    comX *= this.#totalInverse;
    comZ *= this.#totalInverse;
    let carriedInertia = 0;
    let carriedX = 0;
    let carriedZ = 0;
    for (let i = n - 1; i >= 0; i--) {
      const massKg = bodyMass[i]!;
      const unit = this.#unit[i]!;
      const dx = centreX[i]! - comX;
      const dz = centreZ[i]! - comZ;
      const inertia = unit * (unit * this.#bodyInertia[i]!) + massKg * (dx * dx + dz * dz);
      const momentX = massKg * dx;
      const momentZ = massKg * dz;
      this.#momentX[i] = momentX;
      this.#momentZ[i] = momentZ;
      carriedInertia = inertia + carriedInertia;
      carriedX = momentX + carriedX;
      carriedZ = momentZ + carriedZ;
      this.#carriedInertia[i] = carriedInertia;
      this.#carriedX[i] = carriedX;
      this.#carriedZ[i] = carriedZ;
      this.#axisX[i] = i === 0 ? 1 : comZ - this.#z[i]!;
      this.#axisZ[i] = i === 0 ? 0 : -(comX - this.#x[i]!);
    }
  }

  #fillMass(): void {
    const n = this.n;
    const { mass } = this;
    mass[0] = this.#carriedMass[0]!;
    for (let i = 1; i < n; i++) {
      const ax = this.#axisX[i]!;
      const az = this.#axisZ[i]!;
      const momentX = this.#carriedX[i]!;
      const momentZ = this.#carriedZ[i]!;
      const carried = this.#carriedMass[i]!;
      // The momentum that all beyond hinge i has when it turns.
      const turning = this.#carriedInertia[i]! + momentZ * ax - momentX * az;
      const alongX = momentZ + carried * ax;
      const alongZ = -momentX + carried * az;
      mass[i * n] = alongX;
      mass[i] = alongX;
      for (let j = 1; j <= i; j++) {
        const product = turning + this.#axisX[j]! * alongX + this.#axisZ[j]! * alongZ;
        mass[i * n + j] = product;
        mass[j * n + i] = product;
      }
    }
  }

  /** Less damping and bias. */
  #fillForce(qvel: Float64Array): void {
    const n = this.n;
    const bodyMass = this.#bodyMass;
    const torque = this.#torque;
    const forceX = this.#forceX;
    const forceZ = this.#forceZ;
    let rate = 0;
    let velocityX = qvel[0]!;
    let velocityZ = 0;
    let accelerationX = -this.#gravityX;
    let accelerationZ = -this.#gravityZ;
    for (let i = 0; i < n; i++) {
      const massKg = bodyMass[i]!;
      const momentX = this.#momentX[i]!;
      const momentZ = this.#momentZ[i]!;
      if (i > 0) {
        const ax = this.#axisX[i]!;
        const az = this.#axisZ[i]!;
        const own = qvel[i]!;
        // How the axis turns with what is below, and what that makes of the rate.
        accelerationX += (rate * az - velocityZ) * own;
        accelerationZ += (-rate * ax + velocityX) * own;
        rate += own;
        velocityX += ax * own;
        velocityZ += az * own;
      }
      const linearX = momentZ * rate + massKg * velocityX;
      const linearZ = -momentX * rate + massKg * velocityZ;
      torque[i] =
        momentZ * accelerationX - momentX * accelerationZ + (velocityZ * linearX - velocityX * linearZ);
      forceX[i] = massKg * accelerationX + rate * linearZ;
      forceZ[i] = massKg * accelerationZ + -rate * linearX;
    }
    for (let i = n - 1; i > 0; i--) {
      torque[i - 1] = torque[i - 1]! + torque[i]!;
      forceX[i - 1] = forceX[i - 1]! + forceX[i]!;
      forceZ[i - 1] = forceZ[i - 1]! + forceZ[i]!;
    }
    this.force[0] = -this.#damping[0]! * qvel[0]! - forceX[0]!;
    for (let i = 1; i < n; i++) {
      const bias = torque[i]! + this.#axisX[i]! * forceX[i]! + this.#axisZ[i]! * forceZ[i]!;
      this.force[i] = -this.#damping[i]! * qvel[i]! - bias;
    }
  }
}
