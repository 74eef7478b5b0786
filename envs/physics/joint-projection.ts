import { type CartChain, dofCount, jointLimits } from "./cart-chain.ts";
import { type ChainBodies, PX_PER_M } from "./chain-bodies.ts";
import { ReactionSolver } from "./reaction-solver.ts";
import { MAX_STOPS, type SoftStop, softStops } from "./soft-stop.ts";

/** Gaps are closed to this, m; what is left disturbs a velocity by 1e-7 m/s. */
const GAP_TOLERANCE_M = 1e-10;
/** An iteration gains about 1 / (angle turned in a substep); one that needs more than this is lost. */
const MAX_ITERATIONS = 60;

/**
 * The reactions that hold free bodies together as a cart chain: two rows a hinge (its gap along x and y), one row for
 * every soft stop that is near. The rail is the cart's infinite mass across x and against turning.
 *
 * The rows are those of the START of a substep; the reactions are iterated until the true gaps at its END vanish (SHAKE).
 * All in SI, in Matter's frame (x right, y down, angle from up towards +x): turning by an angle moves the point at the
 * arm r from a body's centre by (-r_y, r_x) per radian.
 */
export class JointProjection {
  /** Force of the stops on each joint, N and N m [n]; from the last `settle`. */
  readonly stopForce: Float64Array;
  /** Joint rates (relative) [n]; from the last `settle`. */
  readonly settledRate: Float64Array;

  readonly #bodies: ChainBodies;
  readonly #stops: readonly SoftStop[];
  readonly #near: SoftStop[] = [];
  readonly #solver: ReactionSolver;
  readonly #inverseMass: Float64Array;
  readonly #links: number;
  readonly #h: number;
  /** Reactions gathered over the iterations of this substep, and those of the last two. */
  readonly #total: Float64Array;
  readonly #last: Float64Array;
  readonly #lastButOne: Float64Array;
  /** How many substeps without stops lie behind, at most 2. */
  #known = 0;
  /** Velocity of every body (x, y, angle), m/s, rad/s. */
  readonly #velocity: Float64Array;
  /** Joint coordinates at the start of the substep, plus the way they would drift by inertia alone. */
  readonly #inertial: Float64Array;
  readonly #joint: Float64Array;
  /** a_ref of every near stop. */
  readonly #wanted = new Float64Array(MAX_STOPS);
  /** kick h^2, s2: displacement per acceleration in this substep. */
  #reach = 0;

  constructor(
    chain: CartChain,
    bodies: ChainBodies,
    inverseWeights: Float64Array,
    timing: { readonly substepS: number; readonly stopTimeStepS: number },
  ) {
    const n = dofCount(chain);
    this.#bodies = bodies;
    this.#links = n - 1;
    this.#h = timing.substepS;
    this.#stops = softStops(jointLimits(chain), inverseWeights, timing.stopTimeStepS);
    this.#inverseMass = Float64Array.of(
      1 / chain.cartMassKg,
      0,
      0,
      ...chain.links.flatMap((link) => [1 / link.massKg, 1 / link.massKg, 1 / link.inertiaKgM2]),
    );
    this.#solver = new ReactionSolver(2 * this.#links, this.#inverseMass);
    for (let row = 0; row < 2 * this.#links; row++) {
      const parent = row >> 1;
      this.#solver.from[row] = 3 * parent;
      this.#solver.to[row] = 3 * parent + 6;
    }
    this.#total = new Float64Array(this.#solver.y.length);
    this.#last = new Float64Array(this.#solver.y.length);
    this.#lastButOne = new Float64Array(this.#solver.y.length);
    this.#velocity = new Float64Array(3 * n);
    this.#inertial = new Float64Array(n);
    this.#joint = new Float64Array(n);
    this.stopForce = new Float64Array(n);
    this.settledRate = new Float64Array(n);
  }

  /**
   * Before `Engine.update`: takes the rows of this moment.
   *
   * @param rate joint rates now (relative) [n], for the stops' dampers
   * @param first whether the bodies have just been placed: the substep then gets half of its acceleration (kick 0.5),
   *   and nothing of the past is used
   */
  prepare(rate: Float64Array, first: boolean): void {
    const joint = this.#joint;
    const inertial = this.#inertial;
    this.#reach = (first ? 0.5 : 1) * this.#h * this.#h;
    if (first) this.#known = 0;
    this.#bodies.readPositions(joint);
    this.#fillRows(joint, rate);
    if (this.#near.length > 0) {
      this.#bodies.readRates(inertial);
      for (let i = 0; i < joint.length; i++) inertial[i] = joint[i]! + this.#h * inertial[i]!;
    }
    this.#solver.assemble();
  }

  /** After `Engine.update`: closes the gaps and works the stops. Leaves NaN where the iteration does not converge. */
  close(): void {
    const solver = this.#solver;
    const total = this.#total;
    this.#bodies.keepOnRail();
    for (let row = 0; row < solver.rows; row++) total[row] = 0;
    if (this.#near.length > 0) this.#known = 0;
    this.#guess();
    this.#fillGapRows();
    if (this.#near.length > 0) this.#fillStopRows();
    if (!solver.solve()) {
      this.#bodies.lose();
      return;
    }
    for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
      this.#applyReactions();
      const gap = this.#fillGapRows();
      if (gap <= GAP_TOLERANCE_M) {
        this.#remember();
        return;
      }
      if (this.#near.length > 0) this.#fillStopRows();
      solver.resolve();
    }
    this.#bodies.lose();
  }

  /**
   * The velocity now from that of half a substep ago: u = w + h/2 W (F + J^T y) with J u = 0 (RATTLE), stops included,
   * into `settledRate` and `stopForce`.
   *
   * @param rate estimate of the joint rates now, for the stops' dampers [n]
   * @param force on every body (x, y, torque), gravity included, N and N m, Matter's frame
   * @param fresh right after `place`: the bodies' velocities are those of now, and only the stops' force is wanted; the
   *   reactions are then those of the instant, with the centripetal part of the rows
   */
  settle(rate: Float64Array, force: Float64Array, fresh: boolean): void {
    const solver = this.#solver;
    const velocity = this.#velocity;
    const { rhs, jacobian, dof, joints } = solver;
    const w = this.#inverseMass;
    const halfStep = 0.5 * this.#h;
    this.#bodies.readPositions(this.#joint);
    this.#fillRows(this.#joint, rate);
    solver.assemble();
    this.#bodies.readVelocities(velocity);
    for (let row = 0; row < joints; row++) {
      let sum = 0;
      for (let k = 0; k < dof; k++) {
        const old = fresh ? 0 : velocity[k]! / halfStep;
        sum += jacobian[row * dof + k]! * (old + w[k]! * force[k]!);
      }
      rhs[row] = -sum;
    }
    if (fresh) this.#addCentripetal();
    for (let s = 0; s < this.#near.length; s++) {
      const row = joints + s;
      let sum = 0;
      for (let k = 0; k < dof; k++) sum += jacobian[row * dof + k]! * w[k]! * force[k]!;
      rhs[row] = this.#wanted[s]! - sum;
    }
    this.stopForce.fill(0);
    if (!solver.solve()) {
      this.settledRate.fill(Number.NaN);
      return;
    }
    solver.respond();
    for (let k = 0; k < dof; k++) {
      velocity[k] = velocity[k]! + halfStep * (w[k]! * force[k]! + solver.response[k]!);
    }
    this.settledRate[0] = velocity[0]!;
    for (let i = 1; i <= this.#links; i++) {
      this.settledRate[i] = velocity[3 * i + 2]! - (i > 1 ? velocity[3 * i - 1]! : 0);
    }
    for (let s = 0; s < this.#near.length; s++) {
      const { joint, sign } = this.#near[s]!;
      this.stopForce[joint] = this.stopForce[joint]! + sign * solver.y[joints + s]!;
    }
  }

  /** The largest distance between the two sides of a hinge now, m. */
  gapM(): number {
    return this.#fillGapRows();
  }

  /** The rows of the hinges at the current arms and of the stops that are near. */
  #fillRows(joint: Float64Array, rate: Float64Array): void {
    const solver = this.#solver;
    const { jacobian, dof, joints } = solver;
    const { arms } = this.#bodies;
    const near = this.#near;
    // Setting a length, even 0 to 0, leaves the compiler's fast path.
    if (near.length > 0) near.length = 0;
    for (const stop of this.#stops) if (stop.isNear(joint[stop.joint]!)) near.push(stop);
    solver.rows = joints + near.length;
    for (let i = 0; i < this.#links; i++) {
      const rowX = 2 * i * dof;
      const rowY = rowX + dof;
      const child = 3 * (i + 1);
      const parent = 3 * i;
      jacobian[rowX + child] = 1;
      jacobian[rowX + child + 2] = -arms[4 * i + 1]!;
      jacobian[rowY + child + 1] = 1;
      jacobian[rowY + child + 2] = arms[4 * i]!;
      jacobian[rowX + parent] = -1;
      jacobian[rowY + parent + 1] = -1;
      if (i > 0) {
        jacobian[rowX + parent + 2] = arms[4 * i - 1]!;
        jacobian[rowY + parent + 2] = -arms[4 * i - 2]!;
      }
    }
    for (let s = 0; s < near.length; s++) {
      const stop = near[s]!;
      const row = (joints + s) * dof;
      jacobian.fill(0, row, row + dof);
      if (stop.joint === 0) jacobian[row] = stop.sign;
      else {
        jacobian[row + 3 * stop.joint + 2] = stop.sign;
        if (stop.joint > 1) jacobian[row + 3 * stop.joint - 1] = -stop.sign;
      }
      solver.from[joints + s] = 3 * Math.max(0, stop.joint - 1);
      solver.to[joints + s] = 3 * stop.joint + 3;
      solver.regulariser[joints + s] = stop.regulariser(joint[stop.joint]!);
      this.#wanted[s] = stop.referenceAcceleration(joint[stop.joint]!, rate[stop.joint]!);
    }
  }

  /** Applies the reactions that the last two substeps let expect; the iteration has less to do then. */
  #guess(): void {
    if (this.#known === 0) return;
    const { y, joints } = this.#solver;
    const last = this.#last;
    const before = this.#known === 1 ? last : this.#lastButOne;
    for (let row = 0; row < joints; row++) y[row] = 2 * last[row]! - before[row]!;
    this.#applyReactions();
  }

  #remember(): void {
    const { joints } = this.#solver;
    for (let row = 0; row < joints; row++) {
      this.#lastButOne[row] = this.#last[row]!;
      this.#last[row] = this.#total[row]!;
    }
    if (this.#known < 2) this.#known++;
  }

  /** rhs of the hinges' rows from the gaps of the bodies as they are; returns the largest gap, m. */
  #fillGapRows(): number {
    const { rhs } = this.#solver;
    const { bodies, arms } = this.#bodies;
    let largest = 0;
    for (let i = 0; i < this.#links; i++) {
      const child = bodies[i + 1]!;
      const parent = bodies[i]!;
      this.#bodies.turnArms(i, child.angle);
      const farX = i > 0 ? arms[4 * i - 2]! : 0;
      const farY = i > 0 ? arms[4 * i - 1]! : 0;
      const gapX = (child.position.x - parent.position.x) / PX_PER_M + arms[4 * i]! - farX;
      const gapY = (child.position.y - parent.position.y) / PX_PER_M + arms[4 * i + 1]! - farY;
      rhs[2 * i] = -gapX / this.#reach;
      rhs[2 * i + 1] = -gapY / this.#reach;
      // A NaN stays: it must not pass for a closed gap.
      const square = gapX * gapX + gapY * gapY;
      if (square > largest || Number.isNaN(square)) largest = square;
    }
    return Math.sqrt(largest);
  }

  /** rhs of the stops' rows: a_ref - R f - (acceleration that the substep has given the joint so far). */
  #fillStopRows(): void {
    const solver = this.#solver;
    const joint = this.#joint;
    this.#bodies.readPositions(joint);
    for (let s = 0; s < this.#near.length; s++) {
      const stop = this.#near[s]!;
      const row = solver.joints + s;
      const gained = (stop.sign * (joint[stop.joint]! - this.#inertial[stop.joint]!)) / this.#reach;
      solver.rhs[row] = this.#wanted[s]! - solver.regulariser[row]! * this.#total[row]! - gained;
    }
  }

  /** Moves the bodies by reach W J^T y and gathers y. */
  #applyReactions(): void {
    const solver = this.#solver;
    const { y } = solver;
    for (let row = 0; row < solver.rows; row++) this.#total[row] = this.#total[row]! + y[row]!;
    solver.respond();
    this.#bodies.shift(solver.response, this.#reach);
  }

  /** -J' u of an instant: turning at a rate, an anchor at the arm r accelerates by -rate^2 r. */
  #addCentripetal(): void {
    const { rhs } = this.#solver;
    const { arms } = this.#bodies;
    const velocity = this.#velocity;
    for (let i = 0; i < this.#links; i++) {
      const child = velocity[3 * (i + 1) + 2]! ** 2;
      const parent = velocity[3 * i + 2]! ** 2;
      rhs[2 * i] = rhs[2 * i]! + child * arms[4 * i]! - (i > 0 ? parent * arms[4 * i - 2]! : 0);
      rhs[2 * i + 1] = rhs[2 * i + 1]! + child * arms[4 * i + 1]! - (i > 0 ? parent * arms[4 * i - 1]! : 0);
    }
  }
}
