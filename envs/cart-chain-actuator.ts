import type { Rng, RngState } from "../core/rng.ts";
import type { CartChainParameters } from "./cart-chain-parameters.ts";
import type { ExactNumbers } from "./exact-numbers.ts";
import { FrameQueue } from "./frame-queue.ts";

export interface ActuatorSnapshot {
  readonly rng: RngState;
  /** Pushes on their way, oldest first; null where there is no delay. */
  readonly queue: ExactNumbers | null;
}

/**
 * What drives the cart: a push arrives `actuatorDelaySteps` steps after it was asked for (0 N until the first does), with
 * Gaussian noise of `actuatorNoiseN` drawn for each step. No allocation in `drive`.
 */
export class Actuator {
  #rng: Rng;
  #noise = 0;
  #delay = 0;
  #queue: FrameQueue<Float64Array> | null = null;
  readonly #push = new Float64Array(1);

  constructor(rng: Rng, parameters: CartChainParameters) {
    this.#rng = rng;
    this.configure(parameters);
  }

  seed(rng: Rng): void {
    this.#rng = rng;
  }

  /** Takes other parameters, in the middle of an episode too: what is on its way stays on its way. */
  configure(p: CartChainParameters): void {
    this.#noise = p.actuatorNoiseN;
    const delay = p.actuatorDelaySteps;
    if (delay === 0) this.#queue = null;
    else if (delay !== this.#delay) {
      const values = new Float64Array(delay + 1);
      this.#queue = this.#queue?.movedTo(values) ?? new FrameQueue(1, values);
    }
    this.#delay = delay;
  }

  /** Nothing is on its way. */
  reset(): void {
    this.#push[0] = 0;
    this.#queue?.fill(this.#push);
  }

  /** The force on the cart in a step in which `wantedN` is asked for, N. */
  drive(wantedN: number): number {
    let force = wantedN;
    if (this.#queue !== null) {
      this.#push[0] = wantedN;
      this.#queue.push(this.#push);
      this.#queue.copyOldest(this.#push);
      force = this.#push[0]!;
    }
    return this.#noise === 0 ? force : force + this.#noise * this.#rng.normal();
  }

  snapshot(): ActuatorSnapshot {
    return { rng: this.#rng.snapshot(), queue: this.#queue?.save() ?? null };
  }

  /** Of the same parameters. */
  restore({ rng, queue }: ActuatorSnapshot): void {
    this.#rng.restore(rng);
    if (queue !== null) this.#queue?.load(queue);
  }
}
