import { factorCholesky, solveCholesky } from "./cholesky.ts";
import { MAX_STOPS } from "./soft-stop.ts";

const ROUNDING = 1e-12;

/**
 * Reactions y of `joints` rows that always hold and `stops` rows that can only push:
 *
 *     (J W J^T + diag(R)) y = rhs        for joints and pushing stops
 *     y = 0 and (J W J^T y) >= rhs       for the other stops
 *
 * J [rows, dof] row-major, W [dof] inverse masses, R [rows] (0 for joints). The caller fills `jacobian`, `regulariser` and
 * `rhs`; the sets of pushing stops are tried one by one, which is exact for the one or two that are ever near.
 */
export class ReactionSolver {
  readonly joints: number;
  readonly dof: number;
  readonly jacobian: Float64Array;
  /** A row is 0 outside of the degrees of freedom [from, to): each row touches two neighbouring bodies at most. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly regulariser: Float64Array;
  readonly rhs: Float64Array;
  /** Solution [rows]; 0 for stops that do not push. */
  readonly y: Float64Array;
  /** Acceleration of every degree of freedom by the reactions [dof]; from the last `respond`. */
  readonly response: Float64Array;
  /** Rows in use: joints, then near stops. */
  rows: number;

  readonly #w: Float64Array;
  readonly #stride: number;
  readonly #gram: Float64Array;
  readonly #factor: Float64Array;
  readonly #reduced: Float64Array;
  /** Rows of the factored system, ascending. */
  readonly #active: Int32Array;
  #activeCount = 0;

  constructor(joints: number, inverseMass: Float64Array) {
    const stride = joints + MAX_STOPS;
    this.joints = joints;
    this.rows = joints;
    this.dof = inverseMass.length;
    this.#w = inverseMass;
    this.#stride = stride;
    this.jacobian = new Float64Array(stride * this.dof);
    this.from = new Int32Array(stride);
    this.to = new Int32Array(stride);
    this.regulariser = new Float64Array(stride);
    this.rhs = new Float64Array(stride);
    this.y = new Float64Array(stride);
    this.response = new Float64Array(this.dof);
    this.#gram = new Float64Array(stride * stride);
    this.#factor = new Float64Array(stride * stride);
    this.#reduced = new Float64Array(stride);
    this.#active = new Int32Array(stride);
  }

  /** J W J^T + R, after `jacobian`, `regulariser` or `rows` have changed. */
  assemble(): void {
    const { jacobian, dof, rows, from, to } = this;
    const w = this.#w;
    const gram = this.#gram;
    const stride = this.#stride;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = i === j ? this.regulariser[i]! : 0;
        const start = Math.max(from[i]!, from[j]!);
        const end = Math.min(to[i]!, to[j]!);
        for (let k = start; k < end; k++) sum += jacobian[i * dof + k]! * w[k]! * jacobian[j * dof + k]!;
        gram[i * stride + j] = sum;
        gram[j * stride + i] = sum;
      }
    }
  }

  /** Finds the pushing stops for `rhs`, solves into `y` and keeps the set; false where nothing fits (not finite). */
  solve(): boolean {
    const stops = this.rows - this.joints;
    if (stops === 0) {
      if (!this.#factorJoints()) return false;
      this.resolve();
      return true;
    }
    for (let set = (1 << stops) - 1; set >= 0; set--) {
      if (!this.#factorSet(set)) return false;
      this.resolve();
      if (this.#fits(set)) return true;
    }
    return false;
  }

  /** Solves for another `rhs` with the set of the last `solve`. */
  resolve(): void {
    const count = this.#activeCount;
    const active = this.#active;
    const reduced = this.#reduced;
    const { y, rhs, joints } = this;
    if (this.rows === joints) {
      for (let row = 0; row < joints; row++) y[row] = rhs[row]!;
      solveCholesky(this.#factor, joints, this.#stride, y);
      return;
    }
    for (let k = 0; k < count; k++) reduced[k] = rhs[active[k]!]!;
    solveCholesky(this.#factor, count, this.#stride, reduced);
    y.fill(0);
    for (let k = 0; k < count; k++) y[active[k]!] = reduced[k]!;
  }

  /** W J^T y into `response`. */
  respond(): void {
    const { jacobian, dof, rows, response, y, from, to } = this;
    const w = this.#w;
    for (let k = 0; k < dof; k++) response[k] = 0;
    for (let row = 0; row < rows; row++) {
      const push = y[row]!;
      for (let k = from[row]!; k < to[row]!; k++)
        response[k] = response[k]! + jacobian[row * dof + k]! * push;
    }
    for (let k = 0; k < dof; k++) response[k] = response[k]! * w[k]!;
  }

  /** The common case, without stops. */
  #factorJoints(): boolean {
    const { joints } = this;
    const stride = this.#stride;
    for (let i = 0; i < joints; i++) {
      for (let j = 0; j <= i; j++) this.#factor[i * stride + j] = this.#gram[i * stride + j]!;
    }
    return factorCholesky(this.#factor, joints, stride);
  }

  #factorSet(set: number): boolean {
    const { joints, rows } = this;
    const stride = this.#stride;
    const active = this.#active;
    let count = 0;
    for (let row = 0; row < rows; row++) {
      if (row < joints || set & (1 << (row - joints))) active[count++] = row;
    }
    this.#activeCount = count;
    for (let i = 0; i < count; i++) {
      for (let j = 0; j <= i; j++) {
        this.#factor[i * stride + j] = this.#gram[active[i]! * stride + active[j]!]!;
      }
    }
    return factorCholesky(this.#factor, count, stride);
  }

  #fits(set: number): boolean {
    const { joints, rows, y, rhs } = this;
    const stride = this.#stride;
    for (let row = joints; row < rows; row++) {
      if (set & (1 << (row - joints))) {
        if (!(y[row]! >= 0)) return false;
        continue;
      }
      let slack = -rhs[row]!;
      for (let other = 0; other < rows; other++) slack += this.#gram[row * stride + other]! * y[other]!;
      if (!(slack >= -ROUNDING * Math.abs(rhs[row]!))) return false;
    }
    return true;
  }
}
