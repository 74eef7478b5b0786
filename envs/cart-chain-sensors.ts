import type { Rng, RngState } from "../core/rng.ts";
import type { CartChainParameters } from "./cart-chain-parameters.ts";
import type { ExactNumbers } from "./exact-numbers.ts";
import { FrameQueue } from "./frame-queue.ts";
import type { PhysicsEngine } from "./physics/engine.ts";

/** What can be measured of a cart chain: live views, good until the next reading. */
export type Reading = Pick<PhysicsEngine, "qpos" | "qvel" | "constraintForce">;

export interface SensorSnapshot {
  readonly rng: RngState;
  /** Readings on their way, oldest first; null where the sensors are perfect. */
  readonly queue: ExactNumbers | null;
}

/**
 * What is measured of the joints: the truth of `observationDelaySteps` steps ago, to which each position and rate has got
 * its own Gaussian noise when it was measured. Noise falls on the joint coordinates, before a task makes sines or clips of
 * them, so that an observation stays in its space. No allocation in `read`.
 */
export class Sensors {
  #rng: Rng;
  readonly #size: number;
  /** Standard deviation of each number of a frame, which is [qpos, qvel, constraintForce]. */
  readonly #noise: Float64Array;
  readonly #frame: Float64Array;
  readonly #oldest: Float64Array;
  readonly #reading: Reading;
  /** Null while there is neither noise nor delay: the engine itself is then the reading. */
  #queue: FrameQueue<Float64Array> | null = null;
  #delay = 0;

  /** @param joints 1 + N */
  constructor(joints: number, rng: Rng, parameters: CartChainParameters) {
    this.#rng = rng;
    this.#size = 3 * joints;
    this.#noise = new Float64Array(this.#size);
    this.#frame = new Float64Array(this.#size);
    this.#oldest = new Float64Array(this.#size);
    const part = (k: number) => this.#oldest.subarray(k * joints, (k + 1) * joints);
    this.#reading = { qpos: part(0), qvel: part(1), constraintForce: part(2) };
    this.#adjust(parameters);
  }

  seed(rng: Rng): void {
    this.#rng = rng;
  }

  /** Takes other parameters, in the middle of an episode too: what is on its way stays on its way. */
  configure(parameters: CartChainParameters, engine: PhysicsEngine): void {
    const before = this.#queue;
    this.#adjust(parameters);
    if (before === null && this.#queue !== null) this.read(engine, true);
  }

  /**
   * @param fresh right after a reset: what would be older is this reading, too
   * @returns views that the next reading overwrites
   */
  read(engine: PhysicsEngine, fresh: boolean): Reading {
    const queue = this.#queue;
    if (queue === null) return engine;
    const { qpos, qvel, constraintForce } = engine;
    const n = qpos.length;
    const frame = this.#frame;
    for (let i = 0; i < n; i++) {
      frame[i] = this.#noisy(qpos[i]!, i);
      frame[n + i] = this.#noisy(qvel[i]!, n + i);
      frame[2 * n + i] = constraintForce[i]!;
    }
    if (fresh) queue.fill(frame);
    else queue.push(frame);
    queue.copyOldest(this.#oldest);
    return this.#reading;
  }

  snapshot(): SensorSnapshot {
    return { rng: this.#rng.snapshot(), queue: this.#queue?.save() ?? null };
  }

  /** Of the same parameters. */
  restore({ rng, queue }: SensorSnapshot): void {
    this.#rng.restore(rng);
    if (queue !== null) this.#queue?.load(queue);
  }

  #adjust(p: CartChainParameters): void {
    const joints = this.#size / 3;
    for (let i = 0; i < joints; i++) {
      this.#noise[i] = i === 0 ? p.placeNoiseM : p.angleNoiseRad;
      this.#noise[joints + i] = i === 0 ? p.velocityNoiseMPerS : p.rateNoiseRadPerS;
    }
    const delay = p.observationDelaySteps;
    if (delay === 0 && this.#noise.every((x) => x === 0)) this.#queue = null;
    else if (this.#queue === null || delay !== this.#delay) {
      const values = new Float64Array((delay + 1) * this.#size);
      this.#queue = this.#queue?.movedTo(values) ?? new FrameQueue(this.#size, values);
    }
    this.#delay = delay;
  }

  #noisy(x: number, i: number): number {
    const deviation = this.#noise[i]!;
    return deviation === 0 ? x : x + deviation * this.#rng.normal();
  }
}
