import { z } from "zod";
import type { Env, StepResult } from "../../core/env.ts";
import { UsageError } from "../../core/errors.ts";
import { parse } from "../../core/parse.ts";
import { Box } from "../../core/space.ts";
import { defineWrapper } from "./definition.ts";
import { requireBox, requireBoxActions, Wrapper } from "./wrapper.ts";

const parameters = z
  .strictObject({
    min: z.number().default(-1).describe("what becomes the environment's lowest action"),
    max: z.number().default(1).describe("what becomes the environment's highest action"),
  })
  .refine(({ min, max }) => min < max, { message: "expected min below max" });

/**
 * Actions between `min` and `max`, stretched onto the environment's (finite) box:
 *
 *     a' = low + (a - min) / (max - min) (high - low)
 */
export class RescaleAction extends Wrapper {
  readonly #inner: Box;
  readonly #min: number;
  readonly #max: number;

  /** @throws UsageError for a box with an infinite side */
  constructor(env: Env, options: z.input<typeof parameters> = {}) {
    const { min, max } = parse(parameters, options, "RescaleAction");
    const inner = requireBox(env.actionSpace, "actions", env, "RescaleAction");
    if (![...inner.low, ...inner.high].every(Number.isFinite)) {
      throw new UsageError(
        `RescaleAction: ${env.id} has actions without bound, expected finite ones; rescale before other wrappers take the bounds away`,
      );
    }
    super("RescaleAction", env, {
      actionSpace: new Box(
        inner.low.map(() => min),
        inner.high.map(() => max),
      ),
    });
    this.#inner = inner;
    this.#min = min;
    this.#max = max;
  }

  /** @throws UsageError for an action outside `min` to `max` */
  override step(action: Float32Array): StepResult {
    if (!this.actionSpace.contains(action)) {
      throw new UsageError(
        `${this.id}.step: action is [${Array.from(action).join(", ")}], expected ${this.#inner.size} numbers from ${this.#min} to ${this.#max} (RescaleAction); clip it before the step`,
      );
    }
    return this.env.step(this.#stretch(action));
  }

  override actionForceN(action: Float32Array): number {
    return this.env.actionForceN(this.#stretch(action));
  }

  #stretch(action: Float32Array): Float32Array {
    const { low, high } = this.#inner;
    return action.map((x, i) => {
      const share = (x - this.#min) / (this.#max - this.#min);
      // Rounding must not carry the largest action past the bound.
      return Math.min(Math.max(low[i]! + share * (high[i]! - low[i]!), low[i]!), high[i]!);
    });
  }
}

export const rescaleAction = defineWrapper({
  id: "RescaleAction",
  summary: "Stretches actions from one range, -1 to 1 by default, onto the environment's box.",
  references: ["Gymnasium, RescaleAction, https://gymnasium.farama.org/api/wrappers/action_wrappers/"],
  parameters,
  wrap: (env, options) =>
    new RescaleAction(requireBoxActions(env, "RescaleAction"), options as z.input<typeof parameters>),
});
