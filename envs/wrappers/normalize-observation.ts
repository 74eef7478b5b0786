import { z } from "zod";
import type { Env, Info, ResetOptions, StepResult } from "../../core/env.ts";
import { parse } from "../../core/parse.ts";
import { Box } from "../../core/space.ts";
import { defineWrapper } from "./definition.ts";
import { type MomentsState, RunningMoments } from "./running-moments.ts";
import { requireBox, Wrapper } from "./wrapper.ts";

const parameters = z.strictObject({
  epsilon: z.number().positive().default(1e-8).describe("added to the variance under the root"),
  updates: z
    .boolean()
    .default(true)
    .describe("whether the statistics go on; false: evaluation with those that are there"),
});

interface OwnState {
  readonly moments: MomentsState;
  readonly updates: boolean;
}

/**
 * Observations shifted and scaled to mean 0 and variance 1, entry by entry, by all that was seen so far:
 *
 *     y = (x - mean) / sqrt(variance + epsilon)
 *
 * Every observation, those of `reset` included, joins the statistics before it is normalised. The statistics outlive
 * episodes and seeds (Gymnasium's semantics): resetting twice with one seed gives the same observation only while
 * `updates` is false.
 */
export class NormalizeObservation<A = Float32Array> extends Wrapper<A> {
  readonly #moments: RunningMoments;
  readonly #epsilon: number;
  updates: boolean;

  constructor(env: Env<A>, options: z.input<typeof parameters> = {}) {
    const { epsilon, updates } = parse(parameters, options, "NormalizeObservation");
    const { size } = requireBox(env.observationSpace, "observations", env, "NormalizeObservation");
    const bounds = new Float32Array(size).fill(Infinity);
    super("NormalizeObservation", env, {
      observationSpace: new Box(
        bounds.map((x) => -x),
        bounds,
      ),
      observationLabels: env.observationLabels.map((label) => `${label}, normalised`),
    });
    this.#moments = new RunningMoments(size);
    this.#epsilon = epsilon;
    this.updates = updates;
  }

  /** What has been learnt of the observations: hand it to the environment of an evaluation. */
  get statistics(): MomentsState {
    return this.#moments.save();
  }

  set statistics(statistics: MomentsState) {
    this.#moments.load(statistics);
  }

  override reset(options?: ResetOptions): [observation: Float32Array, info: Info] {
    const [observation, info] = this.env.reset(options);
    return [this.#normalise(observation), info];
  }

  override step(action: A): StepResult {
    const [observation, ...rest] = this.env.step(action);
    return [this.#normalise(observation), ...rest];
  }

  protected override saveOwn(): Readonly<Record<string, unknown>> {
    return { moments: this.#moments.save(), updates: this.updates };
  }

  protected override loadOwn(own: Readonly<Record<string, unknown>>): void {
    const { moments, updates } = own as unknown as OwnState;
    this.#moments.load(moments);
    this.updates = updates;
  }

  #normalise(observation: Float32Array): Float32Array {
    const { mean, variance } = this.#moments;
    if (this.updates) this.#moments.add(observation);
    return observation.map((x, i) => (x - mean[i]!) / Math.sqrt(variance[i]! + this.#epsilon));
  }
}

export const normalizeObservation = defineWrapper({
  id: "NormalizeObservation",
  summary: "Shifts and scales observations to mean 0 and variance 1 by running statistics.",
  references: [
    "Gymnasium, NormalizeObservation, https://gymnasium.farama.org/api/wrappers/observation_wrappers/",
    "Chan, Golub & LeVeque, Updating formulae and a pairwise algorithm for computing sample variances, 1979",
  ],
  parameters,
  wrap: (env, options) => new NormalizeObservation(env, options as z.input<typeof parameters>),
});
