import { z } from "zod";
import type { Env, Info, ResetOptions, StepResult } from "../../core/env.ts";
import { SpikegymError } from "../../core/errors.ts";
import { parse } from "../../core/parse.ts";
import { defineWrapper } from "./definition.ts";
import { Wrapper } from "./wrapper.ts";

const parameters = z.strictObject({
  maxEpisodeSteps: z.number().int().min(1).describe("steps until the episode is truncated"),
});

/**
 * Truncates the episode after `maxEpisodeSteps` steps; an earlier end of the environment's own stays.
 *
 * `step` throws a SpikegymError after the end that it made, for the environment inside would go on.
 */
export class TimeLimit<A = Float32Array> extends Wrapper<A> {
  readonly #limit: number;
  #steps = 0;

  constructor(env: Env<A>, options: z.input<typeof parameters>) {
    const { maxEpisodeSteps } = parse(parameters, options, "TimeLimit");
    super("TimeLimit", env);
    this.#limit = maxEpisodeSteps;
  }

  override get maxEpisodeSteps(): number {
    return Math.min(this.env.maxEpisodeSteps, this.#limit);
  }

  override reset(options?: ResetOptions): [observation: Float32Array, info: Info] {
    const start = this.env.reset(options);
    this.#steps = 0;
    return start;
  }

  override step(action: A): StepResult {
    if (this.#steps >= this.#limit) {
      throw new SpikegymError(
        `${this.id}.step: the episode has ended after ${this.#steps} steps (TimeLimit); call reset()`,
      );
    }
    const [observation, reward, terminated, truncated, info] = this.env.step(action);
    this.#steps++;
    return [observation, reward, terminated, truncated || this.#steps >= this.#limit, info];
  }

  protected override saveOwn() {
    return { steps: this.#steps };
  }

  protected override loadOwn(own: { readonly steps: number }): void {
    this.#steps = own.steps;
  }
}

export const timeLimit = defineWrapper({
  id: "TimeLimit",
  summary: "Truncates episodes after a number of steps.",
  references: ["Gymnasium, TimeLimit, https://gymnasium.farama.org/api/wrappers/misc_wrappers/"],
  parameters,
  wrap: (env, options) => new TimeLimit(env, options as z.input<typeof parameters>),
});
