import { z } from "zod";
import type { Env, Info, ResetOptions, StepResult } from "../../core/env.ts";
import { SpikegymError } from "../../core/errors.ts";
import { parse } from "../../core/parse.ts";
import { defineWrapper } from "./definition.ts";
import { Wrapper } from "./wrapper.ts";

const parameters = z.strictObject({});

type Phase = "new" | "running" | "ended";

/**
 * Refuses a step before the first reset and after the end of an episode, for environments that do not do so themselves.
 */
export class OrderEnforcing<A = Float32Array> extends Wrapper<A> {
  #phase: Phase = "new";

  constructor(env: Env<A>, options: z.input<typeof parameters> = {}) {
    parse(parameters, options, "OrderEnforcing");
    super("OrderEnforcing", env);
  }

  override reset(options?: ResetOptions): [observation: Float32Array, info: Info] {
    const start = this.env.reset(options);
    this.#phase = "running";
    return start;
  }

  /** @throws SpikegymError outside an episode */
  override step(action: A): StepResult {
    if (this.#phase === "new") {
      throw new SpikegymError(
        `${this.id}.step: the environment has not been reset (OrderEnforcing); call reset() first`,
      );
    }
    if (this.#phase === "ended") {
      throw new SpikegymError(`${this.id}.step: the episode has ended (OrderEnforcing); call reset()`);
    }
    const result = this.env.step(action);
    if (result[2] || result[3]) this.#phase = "ended";
    return result;
  }

  protected override saveOwn() {
    return { phase: this.#phase };
  }

  protected override loadOwn(own: { readonly phase: Phase }): void {
    this.#phase = own.phase;
  }
}

export const orderEnforcing = defineWrapper({
  id: "OrderEnforcing",
  summary: "Refuses steps before the first reset and after the end of an episode.",
  references: ["Gymnasium, OrderEnforcing, https://gymnasium.farama.org/api/wrappers/misc_wrappers/"],
  parameters,
  wrap: (env, options) => new OrderEnforcing(env, options as z.input<typeof parameters>),
});
