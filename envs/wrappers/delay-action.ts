import { z } from "zod";
import type { Env, Info, ResetOptions, StepResult } from "../../core/env.ts";
import { UsageError } from "../../core/errors.ts";
import { parse } from "../../core/parse.ts";
import { Box, type Space } from "../../core/space.ts";
import { type SpaceRow, spaceRow } from "../../core/space-row.ts";
import type { ExactNumbers } from "../exact-numbers.ts";
import { FrameQueue } from "../frame-queue.ts";
import { defineWrapper } from "./definition.ts";
import { Wrapper } from "./wrapper.ts";

const parameters = z.strictObject({
  delay: z.number().int().min(0).describe("steps until an action is taken"),
  neutral: z
    .array(z.number())
    .optional()
    .describe("the action taken until the first one arrives; by default 0, or the nearest to it in the box"),
});

/** Actions are taken `delay` steps after they were given; until the first arrives, a neutral one is. */
export class DelayAction<A = Float32Array> extends Wrapper<A> {
  readonly #row: SpaceRow<A>;
  readonly #neutral: Float64Array;
  readonly #given: Float64Array;
  readonly #queue: FrameQueue<Float64Array>;

  /** @throws UsageError for a neutral action outside the space, or none where the space is no Box */
  constructor(env: Env<A>, options: z.input<typeof parameters>) {
    const { delay, neutral } = parse(parameters, options, "DelayAction");
    super("DelayAction", env);
    const row = spaceRow(env.actionSpace, `DelayAction: ${env.id}`);
    this.#row = row;
    this.#neutral = Float64Array.from(neutral ?? neutralAction(env.actionSpace, env.id));
    if (this.#neutral.length !== row.size || !env.actionSpace.contains(row.read(this.#neutral, 0))) {
      throw new UsageError(
        `DelayAction: "neutral" is [${[...this.#neutral].join(", ")}], expected an action of ${env.id}: ${env.actionSpace.describe()}`,
      );
    }
    this.#given = new Float64Array(row.size);
    this.#queue = new FrameQueue(row.size, new Float64Array((delay + 1) * row.size));
    this.#queue.fill(this.#neutral);
  }

  override reset(options?: ResetOptions): [observation: Float32Array, info: Info] {
    const start = this.env.reset(options);
    this.#queue.fill(this.#neutral);
    return start;
  }

  /** @throws UsageError at once, not when it is taken, for an action outside the space */
  override step(action: A): StepResult {
    if (!this.actionSpace.contains(action)) {
      throw new UsageError(
        `${this.id}.step: action is ${describeAction(action)}, expected a member of ${this.actionSpace.describe()} (DelayAction); clip it before the step`,
      );
    }
    this.#row.write(action, this.#given, 0);
    this.#queue.push(this.#given);
    return this.env.step(this.#row.read(this.#queue.oldest(), 0));
  }

  protected override saveOwn() {
    return { actions: this.#queue.save() };
  }

  protected override loadOwn(own: { readonly actions: ExactNumbers }): void {
    this.#queue.load(own.actions);
  }
}

function neutralAction(space: Space, id: string): number[] {
  if (space instanceof Box) {
    return Array.from(space.low, (low, i) => Math.min(Math.max(0, low), space.high[i]!));
  }
  throw new UsageError(
    `DelayAction: ${id} has actions ${space.describe()}, of which none is neutral by itself; set "neutral"`,
  );
}

function describeAction(action: unknown): string {
  return ArrayBuffer.isView(action) ? `[${Array.from(action as Float32Array).join(", ")}]` : String(action);
}

export const delayAction = defineWrapper({
  id: "DelayAction",
  summary: "Takes actions some steps after they were given.",
  references: ["Katsikopoulos & Engelbrecht, Markov decision processes with delays, IEEE TAC 48, 2003"],
  parameters,
  wrap: (env, options) => new DelayAction(env, options as z.input<typeof parameters>),
});
