import { z } from "zod";
import type { Env, Info, ResetOptions, StepResult } from "../../core/env.ts";
import { UsageError } from "../../core/errors.ts";
import { parse } from "../../core/parse.ts";
import { Rng, type RngState } from "../../core/rng.ts";
import { defineWrapper } from "./definition.ts";
import { Wrapper } from "./wrapper.ts";

const parameters = z.strictObject({
  version: z
    .enum(["published", "corrected"])
    .default("published")
    .describe(
      "published: as the paper's programs ran it, with the slip of the single pendulum; corrected: without it",
    ),
  noise: z
    .number()
    .min(0)
    .default(0)
    .describe(
      "standard deviation of noise on each number the reward is worked out from; the published runs under reward noise: 0.1",
    ),
});

/** One term of the sum: the observation's entry and the bound within which it earns more than -5. */
interface Term {
  readonly index: number;
  readonly bound: number;
}

/** Cart's place and pole's angle, of [x, theta, x', theta']. */
const SINGLE: readonly Term[] = [
  { index: 0, bound: 1 },
  { index: 1, bound: 0.418 },
];

/** The slip: the angle's term was handed the entry after it, the cart's velocity. */
const SINGLE_AS_RUN: readonly Term[] = [SINGLE[0]!, { index: 2, bound: 0.418 }];

/** x, sin theta_1, sin theta_2, of either version's observation. */
const DOUBLE: readonly Term[] = [
  { index: 0, bound: 2 },
  { index: 1, bound: 0.418 },
  { index: 2, bound: 0.1 },
];

const TERMS: Readonly<Record<string, Record<"published" | "corrected", readonly Term[]>>> = {
  "InvertedPendulum-v5": { published: SINGLE_AS_RUN, corrected: SINGLE },
  "InvertedDoublePendulum-v5": { published: DOUBLE, corrected: DOUBLE },
};

/** What a fall costs. */
const FALL = -10;

/**
 * The shaped reward that the paper's programs trained on instead of the environment's:
 *
 *     r = sum over the terms (5 - 10 |z| / b  where |z| <= b,  -5 elsewhere)  - 10 where the task ends there
 *
 * | task | z | b |
 * |---|---|---|
 * | InvertedPendulum-v5, corrected | x, theta | 1, 0.418 |
 * | InvertedPendulum-v5, published | x, x' (a slip: meant was theta) | 1, 0.418 |
 * | InvertedDoublePendulum-v5, both | x, sin theta_1, sin theta_2 | 2, 0.418, 0.1 |
 *
 * z is read from the observation after the step; with `noise` sigma, from z + sigma N(0, 1), drawn anew for each number.
 * The environment's own reward goes on in `info.nativeReward`, and `rewardThreshold` stays in its terms. The noise has a
 * stream of its own, seeded by `reset`.
 */
export class PublishedReward<A = Float32Array> extends Wrapper<A> {
  readonly #terms: readonly Term[];
  readonly #noise: number;
  #rng = streamOf(0);

  /** @throws UsageError for an environment that the paper has no reward for */
  constructor(env: Env<A>, options: z.input<typeof parameters> = {}) {
    const { version, noise } = parse(parameters, options, "PublishedReward");
    const terms = TERMS[env.id];
    if (terms === undefined) {
      throw new UsageError(
        `PublishedReward: the paper has no reward for ${env.id}, only for ${Object.keys(TERMS).join(" and ")}; use the native reward`,
      );
    }
    super("PublishedReward", env);
    this.#terms = terms[version];
    this.#noise = noise;
  }

  override reset(options?: ResetOptions): [observation: Float32Array, info: Info] {
    const start = this.env.reset(options);
    if (options?.seed !== undefined) this.#rng = streamOf(options.seed);
    return start;
  }

  override step(action: A): StepResult {
    const [observation, nativeReward, terminated, truncated, info] = this.env.step(action);
    let reward = terminated ? FALL : 0;
    for (const { index, bound } of this.#terms) {
      const seen = observation[index]! + (this.#noise > 0 ? this.#noise * this.#rng.normal() : 0);
      const distance = Math.abs(seen);
      reward += distance <= bound ? 5 - (10 * distance) / bound : -5;
    }
    return [observation, reward, terminated, truncated, { ...info, nativeReward }];
  }

  protected override saveOwn(): Readonly<Record<string, unknown>> {
    return { rng: this.#rng.snapshot() };
  }

  protected override loadOwn(own: Readonly<Record<string, unknown>>): void {
    this.#rng.restore((own as { rng: RngState }).rng);
  }
}

function streamOf(seed: number): Rng {
  return new Rng(`env/${seed}`).split("reward-noise");
}

export const publishedReward = defineWrapper({
  id: "PublishedReward",
  summary: "Replaces the reward by the one the paper's programs trained on.",
  references: ["He et al., Nature Computational Science 4, 584-599 (2024), released programs"],
  parameters,
  wrap: (env, options) => new PublishedReward(env, options as z.input<typeof parameters>),
});
