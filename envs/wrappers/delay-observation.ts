import { z } from "zod";
import type { Env, Info, ResetOptions, StepResult } from "../../core/env.ts";
import { parse } from "../../core/parse.ts";
import { Box } from "../../core/space.ts";
import type { ExactNumbers } from "../exact-numbers.ts";
import { FrameQueue } from "../frame-queue.ts";
import { defineWrapper } from "./definition.ts";
import { requireBox, Wrapper } from "./wrapper.ts";

const parameters = z.strictObject({
  delay: z.number().int().min(0).describe("steps that observations are old"),
  padding: z
    .enum(["reset", "zero"])
    .default("reset")
    .describe("what is seen before the first arrives: the observation of the reset, or zeros (Gymnasium)"),
});

/** Observations arrive `delay` steps late; rewards and ends do not. */
export class DelayObservation<A = Float32Array> extends Wrapper<A> {
  readonly #queue: FrameQueue<Float32Array>;
  readonly #padding: "reset" | "zero";

  constructor(env: Env<A>, options: z.input<typeof parameters>) {
    const { delay, padding } = parse(parameters, options, "DelayObservation");
    const { low, high, size } = requireBox(env.observationSpace, "observations", env, "DelayObservation");
    const widened = padding === "zero" && delay > 0;
    super("DelayObservation", env, {
      ...(widened
        ? {
            observationSpace: new Box(
              low.map((x) => Math.min(x, 0)),
              high.map((x) => Math.max(x, 0)),
            ),
          }
        : {}),
      ...(delay > 0
        ? {
            observationLabels: env.observationLabels.map(
              (label) => `${label}, ${delay} step${delay > 1 ? "s" : ""} ago`,
            ),
          }
        : {}),
    });
    this.#queue = new FrameQueue(size, new Float32Array((delay + 1) * size));
    this.#padding = padding;
  }

  override reset(options?: ResetOptions): [observation: Float32Array, info: Info] {
    const [observation, info] = this.env.reset(options);
    this.#queue.start(observation, this.#padding);
    return [this.#queue.oldest(), info];
  }

  override step(action: A): StepResult {
    const [observation, ...rest] = this.env.step(action);
    this.#queue.push(observation);
    return [this.#queue.oldest(), ...rest];
  }

  protected override saveOwn() {
    return { observations: this.#queue.save() };
  }

  protected override loadOwn(own: { readonly observations: ExactNumbers }): void {
    this.#queue.load(own.observations);
  }
}

export const delayObservation = defineWrapper({
  id: "DelayObservation",
  summary: "Lets observations arrive some steps late.",
  references: [
    "Gymnasium, DelayObservation, https://gymnasium.farama.org/api/wrappers/observation_wrappers/",
  ],
  parameters,
  wrap: (env, options) => new DelayObservation(env, options as z.input<typeof parameters>),
});
