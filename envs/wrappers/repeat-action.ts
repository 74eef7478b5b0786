import { z } from "zod";
import type { Env, StepResult } from "../../core/env.ts";
import { parse } from "../../core/parse.ts";
import { defineWrapper } from "./definition.ts";
import { Wrapper } from "./wrapper.ts";

const parameters = z.strictObject({
  repeats: z.number().int().min(1).describe("environment steps that one action lasts"),
});

/**
 * Each action is taken `repeats` times, or until the episode ends: rewards are summed, observation and info are the
 * last ones. A step lasts `repeats` times as long.
 */
export class RepeatAction<A = Float32Array> extends Wrapper<A> {
  readonly #repeats: number;

  constructor(env: Env<A>, options: z.input<typeof parameters>) {
    const { repeats } = parse(parameters, options, "RepeatAction");
    super("RepeatAction", env);
    this.#repeats = repeats;
  }

  override get stepSeconds(): number {
    return this.env.stepSeconds * this.#repeats;
  }

  override get maxEpisodeSteps(): number {
    return Math.ceil(this.env.maxEpisodeSteps / this.#repeats);
  }

  override step(action: A): StepResult {
    let result = this.env.step(action);
    let sum = result[1];
    for (let i = 1; i < this.#repeats && !result[2] && !result[3]; i++) {
      result = this.env.step(action);
      sum += result[1];
    }
    const [observation, , terminated, truncated, info] = result;
    return [observation, sum, terminated, truncated, info];
  }
}

export const repeatAction = defineWrapper({
  id: "RepeatAction",
  summary: "Takes each action several times and sums the rewards.",
  references: ["Mnih et al., Human-level control through deep reinforcement learning, Nature 518, 2015"],
  parameters,
  wrap: (env, options) => new RepeatAction(env, options as z.input<typeof parameters>),
});
