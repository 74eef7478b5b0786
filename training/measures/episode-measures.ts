import type { Env } from "../../core/env.ts";
import { type Recovery, RecoveryMeter } from "./recovery.ts";

/** What is measured of an episode beside its return; of the true state, whatever the agent saw. */
export interface EpisodeMeasures extends Recovery {
  readonly length: number;
  readonly terminated: boolean;
  /** Share of the longest possible episode that it lasted. */
  readonly survival: number;
  /** When the task ended in failure, s; null if it did not. */
  readonly firstFailureS: number | null;
  /** Root mean square over steps and poles of the angle from upright. */
  readonly angleRmsRad: number;
  /** Root mean square of the cart's place. */
  readonly cartRmsM: number;
  /** Mean magnitude of the force that the agent asked for, N. */
  readonly effort: number;
}

/** Measures one episode as it goes. */
export class EpisodeMeter {
  readonly #env: Env<unknown>;
  readonly #recovery: RecoveryMeter;
  #length = 0;
  #terminated = false;
  #angleSquares = 0;
  #angles = 0;
  #cartSquares = 0;
  #force = 0;

  /** @param disturbancesS times of pushes, s */
  constructor(env: Env<unknown>, disturbancesS: readonly number[]) {
    this.#env = env;
    this.#recovery = new RecoveryMeter(disturbancesS);
  }

  /** After each step. */
  observe(action: unknown, terminated: boolean): void {
    this.#length++;
    this.#terminated = terminated;
    this.#force += Math.abs(this.#env.actionForceN(action));
    const { qpos } = this.#env.state();
    this.#cartSquares += qpos[0]! ** 2;
    let angle = 0;
    let largest = 0;
    for (let hinge = 1; hinge < qpos.length; hinge++) {
      angle += qpos[hinge]!;
      this.#angleSquares += angle ** 2;
      this.#angles++;
      largest = Math.max(largest, distanceFromUpright(angle));
    }
    this.#recovery.observe(this.#length * this.#env.stepSeconds, largest);
  }

  finish(): EpisodeMeasures {
    return {
      length: this.#length,
      terminated: this.#terminated,
      survival: this.#length / this.#env.maxEpisodeSteps,
      firstFailureS: this.#terminated ? this.#length * this.#env.stepSeconds : null,
      angleRmsRad: Math.sqrt(this.#angleSquares / this.#angles),
      cartRmsM: Math.sqrt(this.#cartSquares / this.#length),
      effort: this.#force / this.#length,
      ...this.#recovery.finish(this.#terminated),
    };
  }
}

/** However often it has turned round, rad. */
function distanceFromUpright(angle: number): number {
  return Math.abs(angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI)));
}
