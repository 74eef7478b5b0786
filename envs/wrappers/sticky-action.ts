import { z } from "zod";
import type { Env, Info, ResetOptions, StepResult } from "../../core/env.ts";
import { parse } from "../../core/parse.ts";
import { Rng, type RngState } from "../../core/rng.ts";
import { type SpaceRow, spaceRow } from "../../core/space-row.ts";
import { type ExactNumbers, loadNumbers, saveNumbers } from "../exact-numbers.ts";
import { defineWrapper } from "./definition.ts";
import { Wrapper } from "./wrapper.ts";

const parameters = z.strictObject({
  probability: z
    .number()
    .min(0)
    .max(1)
    .default(0.25)
    .describe("probability that a step repeats the action taken last instead of the one given"),
});

interface OwnState {
  readonly rng: RngState;
  readonly last: ExactNumbers | null;
}

/**
 * With the given probability a step takes once more the action that was TAKEN last, not the one that was asked for last.
 * The first step of an episode takes its own.
 *
 * The chances come from a stream of their own, seeded by `reset` and split by name from the environment's.
 */
export class StickyAction<A = Float32Array> extends Wrapper<A> {
  readonly #row: SpaceRow<A>;
  readonly #probability: number;
  readonly #last: Float64Array;
  #hasLast = false;
  #rng = streamOf(0);

  constructor(env: Env<A>, options: z.input<typeof parameters> = {}) {
    const { probability } = parse(parameters, options, "StickyAction");
    super("StickyAction", env);
    this.#row = spaceRow(env.actionSpace, `StickyAction: ${env.id}`);
    this.#probability = probability;
    this.#last = new Float64Array(this.#row.size);
  }

  override reset(options?: ResetOptions): [observation: Float32Array, info: Info] {
    const start = this.env.reset(options);
    if (options?.seed !== undefined) this.#rng = streamOf(options.seed);
    this.#hasLast = false;
    return start;
  }

  override step(action: A): StepResult {
    const sticks = this.#hasLast && this.#rng.uniform() < this.#probability;
    if (sticks) return this.env.step(this.#row.read(this.#last, 0));
    const result = this.env.step(action);
    // Only now: the environment has accepted it.
    this.#row.write(action, this.#last, 0);
    this.#hasLast = true;
    return result;
  }

  protected override saveOwn(): Readonly<Record<string, unknown>> {
    return { rng: this.#rng.snapshot(), last: this.#hasLast ? saveNumbers(this.#last) : null };
  }

  protected override loadOwn(own: Readonly<Record<string, unknown>>): void {
    const { rng, last } = own as unknown as OwnState;
    this.#rng.restore(rng);
    this.#hasLast = last !== null;
    if (last !== null) this.#last.set(loadNumbers(last));
  }
}

function streamOf(seed: number): Rng {
  return new Rng(`env/${seed}`).split("sticky-action");
}

export const stickyAction = defineWrapper({
  id: "StickyAction",
  summary: "Now and then repeats the last action instead of taking the one given.",
  references: [
    "Machado et al., Revisiting the Arcade Learning Environment, JAIR 61, 2018, section 5.2",
    "Gymnasium, StickyAction, https://gymnasium.farama.org/api/wrappers/action_wrappers/",
  ],
  parameters,
  wrap: (env, options) => new StickyAction(env, options as z.input<typeof parameters>),
});
