import { UsageError } from "../core/errors.ts";
import { Box, Discrete, type Space } from "../core/space.ts";

/**
 * How an action becomes a push on the cart.
 *
 * @typeParam Value how the space holds an action
 * @typeParam Accepted what `step` takes, at least that
 */
export interface PushRule<Value extends Accepted, Accepted = Value> {
  readonly space: Space<Value>;
  readonly labels: readonly string[];
  /** The push, N, for an action of the space. */
  forceN(action: Accepted): number;
  /** @throws UsageError for anything that is no action: where, what it got, what it expected */
  check(action: Accepted, where: string): void;
}

/** One number within plus and minus `limit`, times `gearN`; any array of numbers will do. */
export function proportionalPush(gearN: number, limit: number): PushRule<Float32Array, ArrayLike<number>> {
  // Float32 actions may round the limit up.
  const largest = Math.max(limit, Math.fround(limit));
  return {
    space: new Box([-limit], [limit]),
    labels: [`force on the cart (${gearN} N)`],
    forceN: (action) => gearN * (action[0] ?? Number.NaN),
    check(action, where) {
      const value = action[0];
      if (action.length !== 1 || value === undefined) {
        throw new UsageError(
          `${where}: action has ${action.length ?? "no"} entries, expected 1 (an array with one number)`,
        );
      }
      // The negation also catches NaN.
      if (!(Math.abs(value) <= largest)) {
        throw new UsageError(
          `${where}: action is ${value}, expected a number from ${-limit} to ${limit}; clip it before the step`,
        );
      }
    },
  };
}

/** 0 pushes with `gearN` to the left, 1 to the right. */
export function twoWayPush(gearN: number): PushRule<number> {
  return {
    space: new Discrete(2),
    labels: [`0: ${-gearN} N, 1: ${gearN} N on the cart`],
    forceN: (action) => (action === 1 ? gearN : -gearN),
    check(action, where) {
      if (action !== 0 && action !== 1) {
        throw new UsageError(
          `${where}: action is ${JSON.stringify(action)}, expected 0 (push left) or 1 (push right)`,
        );
      }
    },
  };
}
