import { z } from "zod";
import type { Env, Info, ResetOptions, StepResult } from "../../core/env.ts";
import { parse } from "../../core/parse.ts";
import { Box } from "../../core/space.ts";
import type { ExactNumbers } from "../exact-numbers.ts";
import { FrameQueue } from "../frame-queue.ts";
import { defineWrapper } from "./definition.ts";
import { requireBox, Wrapper } from "./wrapper.ts";

const parameters = z.strictObject({
  frames: z.number().int().min(1).describe("observations in a stack"),
  padding: z
    .enum(["reset", "zero"])
    .default("reset")
    .describe("before there are enough: the observation of the reset, or zeros"),
});

/** The last `frames` observations in one, oldest first: float32 [frames * size]. */
export class FrameStack<A = Float32Array> extends Wrapper<A> {
  readonly #queue: FrameQueue<Float32Array>;
  readonly #padding: "reset" | "zero";

  constructor(env: Env<A>, options: z.input<typeof parameters>) {
    const { frames, padding } = parse(parameters, options, "FrameStack");
    const { low, high, size } = requireBox(env.observationSpace, "observations", env, "FrameStack");
    const ages = Array.from({ length: frames }, (_, i) => frames - 1 - i);
    // Zeros are in the space only where they stand in for an observation.
    const widened = padding === "zero" && frames > 1;
    super("FrameStack", env, {
      observationSpace: new Box(
        ages.flatMap((age) => Array.from(low, (x) => (widened && age > 0 ? Math.min(x, 0) : x))),
        ages.flatMap((age) => Array.from(high, (x) => (widened && age > 0 ? Math.max(x, 0) : x))),
      ),
      observationLabels: ages.flatMap((age) =>
        env.observationLabels.map((label) =>
          age === 0 ? label : `${label}, ${age} step${age > 1 ? "s" : ""} ago`,
        ),
      ),
    });
    this.#queue = new FrameQueue(size, new Float32Array(frames * size));
    this.#padding = padding;
  }

  override reset(options?: ResetOptions): [observation: Float32Array, info: Info] {
    const [observation, info] = this.env.reset(options);
    this.#queue.start(observation, this.#padding);
    return [this.#queue.all(), info];
  }

  override step(action: A): StepResult {
    const [observation, ...rest] = this.env.step(action);
    this.#queue.push(observation);
    return [this.#queue.all(), ...rest];
  }

  protected override saveOwn() {
    return { frames: this.#queue.save() };
  }

  protected override loadOwn(own: { readonly frames: ExactNumbers }): void {
    this.#queue.load(own.frames);
  }
}

export const frameStack = defineWrapper({
  id: "FrameStack",
  summary: "Gives the last observations as one, oldest first.",
  references: [
    "Gymnasium, FrameStackObservation, https://gymnasium.farama.org/api/wrappers/observation_wrappers/",
  ],
  parameters,
  wrap: (env, options) => new FrameStack(env, options as z.input<typeof parameters>),
});
