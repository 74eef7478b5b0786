import { UsageError } from "../core/errors.ts";
import type { Box } from "../core/space.ts";

/** Maps an agent's actions in (-1, 1) onto a bounded action space, per dimension. */
export class ActionScale {
  readonly size: number;
  readonly #centre: Float32Array;
  readonly #half: Float32Array;

  constructor(space: Box) {
    this.size = space.size;
    this.#centre = space.low.map((low, i) => (low + space.high[i]!) / 2);
    this.#half = space.low.map((low, i) => (space.high[i]! - low) / 2);
    if (![...this.#half].every(Number.isFinite)) {
      throw new UsageError(
        "action space: it has an infinite bound, expected finite ones; clip it with a wrapper",
      );
    }
  }

  toEnvironment(action: Float32Array, out: Float32Array = new Float32Array(this.size)): Float32Array {
    for (let i = 0; i < this.size; i++) out[i] = this.#centre[i]! + this.#half[i]! * action[i]!;
    return out;
  }
}
