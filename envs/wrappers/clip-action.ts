import { z } from "zod";
import type { Env, StepResult } from "../../core/env.ts";
import { parse } from "../../core/parse.ts";
import { Box } from "../../core/space.ts";
import { defineWrapper } from "./definition.ts";
import { requireBox, requireBoxActions, Wrapper } from "./wrapper.ts";

const parameters = z.strictObject({});

/** Takes any numbers as action and clips them into the environment's box. NaN is not clipped: the environment refuses it. */
export class ClipAction extends Wrapper {
  readonly #inner: Box;

  constructor(env: Env, options: z.input<typeof parameters> = {}) {
    parse(parameters, options, "ClipAction");
    const inner = requireBox(env.actionSpace, "actions", env, "ClipAction");
    super("ClipAction", env, {
      actionSpace: new Box(
        inner.low.map(() => -Infinity),
        inner.high.map(() => Infinity),
      ),
    });
    this.#inner = inner;
  }

  override step(action: Float32Array): StepResult {
    return this.env.step(this.#clip(action));
  }

  override actionForceN(action: Float32Array): number {
    return this.env.actionForceN(this.#clip(action));
  }

  #clip(action: Float32Array): Float32Array {
    const { low, high } = this.#inner;
    return action.map((x, i) => Math.min(Math.max(x, low[i]!), high[i]!));
  }
}

export const clipAction = defineWrapper({
  id: "ClipAction",
  summary: "Clips actions into the environment's box.",
  references: ["Gymnasium, ClipAction, https://gymnasium.farama.org/api/wrappers/action_wrappers/"],
  parameters,
  wrap: (env, options) =>
    new ClipAction(requireBoxActions(env, "ClipAction"), options as z.input<typeof parameters>),
});
