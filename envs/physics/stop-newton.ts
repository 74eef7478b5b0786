import { factorCholesky, solveCholesky } from "./cholesky.ts";
import type { DryFriction } from "./dry-friction.ts";
import { MAX_STOPS, type SoftStop } from "./soft-stop.ts";

/** MuJoCo's defaults: `tolerance`, `ls_tolerance`, `iterations`, `ls_iterations`, and its smallest number (mjMINVAL). */
const TOLERANCE = 1e-8;
const SEARCH_TOLERANCE = 0.01 * TOLERANCE;
const MAX_ITERATIONS = 100;
const MAX_EVALUATIONS = 50;
const TINY = 1e-15;

/** A point of the line search: how far, the cost there, its first and second derivative. */
interface SearchPoint {
  at: number;
  cost: number;
  slope: number;
  bend: number;
}

/**
 * The acceleration that soft stops and dry friction leave, as MuJoCo's Newton solver finds it: the a that minimises
 *
 *     1/2 (a - a_free)^T M (a - a_free) + sum_i c_i(s_i a_(j_i) - a_ref,i),                    D_i = 1 / R_i
 *     c(x) = 1/2 D min(0, x)^2                                          for a stop
 *     c(x) = 1/2 D x^2 where |x| < R loss, else loss (|x| - R loss / 2)  for a friction (s = 1, a_ref = -b v)
 *
 * (Todorov, Convex and analytically-invertible dynamics with contacts and constraints, ICRA 2014). The minimum itself could
 * be had exactly; but MuJoCo stops within a tolerance of it, at a place that depends on where it started from (the last
 * step's acceleration) and on its line search. To agree with MuJoCo to roundings is to take the same way: exact Newton
 * steps, a line search that brackets the slope's zero, the same tolerances.
 *
 * In joint coordinates, where a stop or a friction touches one of them. No allocation in `solve`.
 */
export class StopNewton {
  /** Mass matrix in joint coordinates, row-major [n, n], full; to be filled before `solve`. */
  readonly mass: Float64Array;
  /** Force without the stops [n]; to be filled before `solve`. */
  readonly force: Float64Array;
  /** Acceleration without the stops [n]; to be filled before `solve`. */
  readonly free: Float64Array;
  /** Where the search starts unless `free` is better [n]. */
  readonly warmStart: Float64Array;
  /** The result [n], the forces of stops and frictions on the joints [n], and those of the frictions alone [n]. */
  readonly acceleration: Float64Array;
  readonly constraintForce: Float64Array;
  readonly frictionForce: Float64Array;

  readonly #n: number;
  /** Rows in use: frictions, then near stops (MuJoCo's order). */
  #rows = 0;
  readonly #frictions: readonly DryFriction[];
  readonly #joint: Int32Array;
  readonly #sign: Float64Array;
  readonly #stiffness: Float64Array;
  readonly #wanted: Float64Array;
  /** s a - a_ref of every row: negative where a stop pushes; and its change along the search. */
  readonly #lack: Float64Array;
  readonly #lackAlong: Float64Array;
  readonly #hessian: Float64Array;
  /** M a, M v of the search direction v, the gradient, v. */
  readonly #inertial: Float64Array;
  readonly #inertialAlong: Float64Array;
  readonly #gradient: Float64Array;
  readonly #direction: Float64Array;
  /** Cost of a - a_free along the search: constant, linear, quadratic. */
  readonly #free = new Float64Array(3);
  #evaluations = 0;
  readonly #start: SearchPoint = newPoint();
  readonly #one: SearchPoint = newPoint();
  readonly #two: SearchPoint = newPoint();
  readonly #middle: SearchPoint = newPoint();
  readonly #afterOne: SearchPoint = newPoint();
  readonly #afterTwo: SearchPoint = newPoint();

  constructor(n: number, frictions: readonly DryFriction[] = []) {
    this.#n = n;
    this.#frictions = frictions;
    const rows = frictions.length + MAX_STOPS;
    this.#joint = new Int32Array(rows);
    this.#sign = new Float64Array(rows);
    this.#stiffness = new Float64Array(rows);
    this.#wanted = new Float64Array(rows);
    this.#lack = new Float64Array(rows);
    this.#lackAlong = new Float64Array(rows);
    frictions.forEach(({ joint, regulariser }, i) => {
      this.#joint[i] = joint;
      this.#sign[i] = 1;
      this.#stiffness[i] = 1 / regulariser;
    });
    this.mass = new Float64Array(n * n);
    this.force = new Float64Array(n);
    this.free = new Float64Array(n);
    this.warmStart = new Float64Array(n);
    this.acceleration = new Float64Array(n);
    this.constraintForce = new Float64Array(n);
    this.frictionForce = new Float64Array(n);
    this.#hessian = new Float64Array(n * n);
    this.#inertial = new Float64Array(n);
    this.#inertialAlong = new Float64Array(n);
    this.#gradient = new Float64Array(n);
    this.#direction = new Float64Array(n);
  }

  /**
   * @param near the stops that can push; the first `count` of them
   * @returns false for a state that is not finite
   */
  solve(near: readonly SoftStop[], count: number, qpos: Float64Array, qvel: Float64Array): boolean {
    const rows = this.#fillRows(near, count, qpos, qvel);
    const a = this.acceleration;
    const freeCost = this.#moveTo(this.free);
    let cost = this.#moveTo(this.warmStart);
    if (cost > freeCost) cost = this.#moveTo(this.free);
    if (!Number.isFinite(cost)) return false;
    const n = this.#n;
    let scale = 0;
    for (let i = 0; i < n; i++) scale += this.mass[i * n + i]!;
    scale = 1 / scale;
    for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
      if (!this.#findDirection()) return false;
      // What a full step would gain, were no stop to let go or to touch.
      if (iteration > 0 && scale * this.#expectedGain() < TOLERANCE) break;
      const reach = this.#search(cost, scale);
      if (reach === 0) break;
      for (let i = 0; i < n; i++) {
        a[i] = a[i]! + reach * this.#direction[i]!;
        this.#inertial[i] = this.#inertial[i]! + reach * this.#inertialAlong[i]!;
      }
      for (let i = 0; i < rows; i++) this.#lack[i] = this.#lack[i]! + reach * this.#lackAlong[i]!;
      const before = cost;
      cost = this.#costNow();
      const slope = this.#fillGradient();
      if (scale * (before - cost) < TOLERANCE || scale * slope < TOLERANCE) break;
    }
    return true;
  }

  /** Frictions, then stops; returns how many. */
  #fillRows(near: readonly SoftStop[], count: number, qpos: Float64Array, qvel: Float64Array): number {
    const frictions = this.#frictions;
    const first = frictions.length;
    for (let i = 0; i < first; i++) this.#wanted[i] = -frictions[i]!.damping * qvel[frictions[i]!.joint]!;
    for (let s = 0; s < count; s++) {
      const { joint, sign } = near[s]!;
      const i = first + s;
      this.#joint[i] = joint;
      this.#sign[i] = sign;
      this.#stiffness[i] = 1 / near[s]!.regulariser(qpos[joint]!);
      this.#wanted[i] = near[s]!.referenceAcceleration(qpos[joint]!, qvel[joint]!);
    }
    this.#rows = first + count;
    return this.#rows;
  }

  /** Starts from this acceleration; returns its cost. */
  #moveTo(start: Float64Array): number {
    const n = this.#n;
    const { mass, acceleration } = this;
    for (let i = 0; i < n; i++) acceleration[i] = start[i]!;
    this.#multiply(mass, acceleration, this.#inertial);
    for (let i = 0; i < this.#rows; i++) {
      this.#lack[i] = this.#sign[i]! * acceleration[this.#joint[i]!]! - this.#wanted[i]!;
    }
    const cost = this.#costNow();
    this.#fillGradient();
    return cost;
  }

  /** Cost at the present acceleration, in the order of MuJoCo's sums; leaves the rows' forces and the free part. */
  #costNow(): number {
    const n = this.#n;
    let cost = 0;
    const { constraintForce } = this;
    const first = this.#frictions.length;
    constraintForce.fill(0);
    for (let i = 0; i < first; i++) {
      const lack = this.#lack[i]!;
      const { loss, regulariser } = this.#frictions[i]!;
      const joint = this.#joint[i]!;
      const sticks = this.#sticks(i);
      const force = sticks ? -this.#stiffness[i]! * lack : lack < 0 ? loss : -loss;
      this.frictionForce[joint] = force;
      constraintForce[joint] = force;
      cost += sticks
        ? 0.5 * this.#stiffness[i]! * lack * lack
        : loss * (Math.abs(lack) - 0.5 * regulariser * loss);
    }
    for (let i = first; i < this.#rows; i++) {
      const lack = this.#lack[i]!;
      if (!(lack < 0)) continue;
      const joint = this.#joint[i]!;
      constraintForce[joint] = constraintForce[joint]! - this.#sign[i]! * this.#stiffness[i]! * lack;
      cost += 0.5 * this.#stiffness[i]! * lack * lack;
    }
    let free = 0;
    for (let i = 0; i < n; i++) {
      free += 0.5 * (this.#inertial[i]! - this.force[i]!) * (this.acceleration[i]! - this.free[i]!);
    }
    this.#free[0] = free;
    return cost + free;
  }

  /** Whether a friction is below its most: R |f| = |a - a_ref|. */
  #sticks(row: number): boolean {
    const { loss, regulariser } = this.#frictions[row]!;
    return Math.abs(this.#lack[row]!) < regulariser * loss;
  }

  /** M a - f - the rows' forces; returns its length. */
  #fillGradient(): number {
    let square = 0;
    for (let i = 0; i < this.#n; i++) {
      const slope = this.#inertial[i]! - this.force[i]! - this.constraintForce[i]!;
      this.#gradient[i] = slope;
      square += slope * slope;
    }
    return Math.sqrt(square);
  }

  /** -H^-1 gradient with the stops that push and the frictions that stick now; false where H is not positive definite. */
  #findDirection(): boolean {
    const n = this.#n;
    const hessian = this.#hessian;
    hessian.set(this.mass);
    for (let i = 0; i < this.#rows; i++) {
      const bends = i < this.#frictions.length ? this.#sticks(i) : this.#lack[i]! < 0;
      if (!bends) continue;
      const at = this.#joint[i]! * (n + 1);
      hessian[at] = hessian[at]! + this.#stiffness[i]!;
    }
    if (!factorCholesky(hessian, n, n)) return false;
    const direction = this.#direction;
    direction.set(this.#gradient);
    solveCholesky(hessian, n, n, direction);
    for (let i = 0; i < n; i++) direction[i] = -direction[i]!;
    return true;
  }

  /** Half the Newton decrement, 1/2 g^T H^-1 g. */
  #expectedGain(): number {
    let sum = 0;
    for (let i = 0; i < this.#n; i++) sum -= this.#gradient[i]! * this.#direction[i]!;
    return 0.5 * sum;
  }

  /** How far to go along the direction; 0 where nothing is gained. */
  #search(cost: number, scale: number): number {
    const n = this.#n;
    const direction = this.#direction;
    let square = 0;
    for (let i = 0; i < n; i++) square += direction[i]! * direction[i]!;
    const length = Math.sqrt(square);
    if (length < TINY) return 0;
    const flat = (SEARCH_TOLERANCE * length) / scale;
    this.#multiply(this.mass, direction, this.#inertialAlong);
    let linear = 0;
    let quadratic = 0;
    for (let i = 0; i < n; i++) {
      linear += direction[i]! * (this.#inertial[i]! - this.force[i]!);
      quadratic += direction[i]! * this.#inertialAlong[i]!;
    }
    this.#free[1] = linear;
    this.#free[2] = 0.5 * quadratic;
    for (let i = 0; i < this.#rows; i++) {
      this.#lackAlong[i] = this.#sign[i]! * direction[this.#joint[i]!]!;
    }
    this.#evaluations = 0;
    const [start, one, two] = [this.#start, this.#one, this.#two];
    this.#evaluate(start, 0);
    this.#evaluate(one, -start.slope / start.bend);
    if (start.cost < one.cost) copyPoint(start, one);
    if (Math.abs(one.slope) < flat) return one.at;
    // Newton steps in one direction until the slope changes its sign ...
    const way = one.slope < 0 ? 1 : -1;
    let bracketed = false;
    while (one.slope * way <= -flat && this.#evaluations < MAX_EVALUATIONS) {
      copyPoint(one, two);
      bracketed = true;
      this.#evaluate(one, one.at - one.slope / one.bend);
      if (Math.abs(one.slope) < flat) return one.at;
    }
    if (this.#evaluations >= MAX_EVALUATIONS || !bracketed) return one.at;
    return this.#bracket(flat, Math.min(cost, start.cost));
  }

  /** ... then Newton steps from both sides and the middle between them. */
  #bracket(flat: number, startCost: number): number {
    const [one, two, middle] = [this.#one, this.#two, this.#middle];
    const [afterOne, afterTwo] = [this.#afterOne, this.#afterTwo];
    copyPoint(one, afterTwo);
    this.#evaluate(afterOne, one.at - one.slope / one.bend);
    while (this.#evaluations < MAX_EVALUATIONS) {
      this.#evaluate(middle, 0.5 * (one.at + two.at));
      let best: SearchPoint | null = null;
      for (const point of [afterOne, afterTwo, middle]) {
        if (Math.abs(point.slope) < flat && (best === null || point.cost < best.cost)) best = point;
      }
      if (best !== null) return best.at;
      const candidates = [{ ...afterOne }, { ...afterTwo }, { ...middle }];
      const moved = this.#tighten(one, candidates, afterOne);
      const movedToo = this.#tighten(two, candidates, afterTwo);
      if (!moved && !movedToo) return middle.at;
    }
    if (one.cost <= two.cost && one.cost < startCost) return one.at;
    return two.cost <= one.cost && two.cost < startCost ? two.at : 0;
  }

  /** Moves an end of the bracket to the candidates nearer to the zero of the slope on its side; its next Newton point. */
  #tighten(end: SearchPoint, candidates: readonly SearchPoint[], next: SearchPoint): boolean {
    let moved = false;
    for (const point of candidates) {
      const nearer =
        (end.slope < 0 && point.slope < 0 && end.slope < point.slope) ||
        (end.slope > 0 && point.slope > 0 && end.slope > point.slope);
      if (!nearer) continue;
      copyPoint(point, end);
      moved = true;
    }
    if (moved) this.#evaluate(next, end.at - end.slope / end.bend);
    return moved;
  }

  #evaluate(point: SearchPoint, at: number): void {
    let [constant, linear, quadratic] = [this.#free[0]!, this.#free[1]!, this.#free[2]!];
    const first = this.#frictions.length;
    for (let i = 0; i < this.#rows; i++) {
      const lack = this.#lack[i]!;
      const along = this.#lackAlong[i]!;
      const there = lack + at * along;
      if (i < first) {
        const { loss, regulariser } = this.#frictions[i]!;
        const knee = regulariser * loss;
        if (!(Math.abs(there) < knee)) {
          const pull = there < 0 ? -loss : loss;
          constant += pull * lack - 0.5 * loss * knee;
          linear += pull * along;
          continue;
        }
      } else if (!(there < 0)) continue;
      const push = this.#stiffness[i]! * lack;
      constant += 0.5 * lack * push;
      linear += along * push;
      quadratic += 0.5 * along * this.#stiffness[i]! * along;
    }
    point.at = at;
    point.cost = at * at * quadratic + at * linear + constant;
    point.slope = 2 * at * quadratic + linear;
    point.bend = Math.max(TINY, 2 * quadratic);
    this.#evaluations++;
  }

  #multiply(matrix: Float64Array, x: Float64Array, out: Float64Array): void {
    const n = this.#n;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += matrix[i * n + j]! * x[j]!;
      out[i] = sum;
    }
  }
}

function newPoint(): SearchPoint {
  return { at: 0, cost: 0, slope: 0, bend: 0 };
}

function copyPoint(from: SearchPoint, to: SearchPoint): void {
  to.at = from.at;
  to.cost = from.cost;
  to.slope = from.slope;
  to.bend = from.bend;
}
