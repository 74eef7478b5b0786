import { z } from "zod";
import type { Env, Info, ResetOptions, StepResult } from "../../core/env.ts";
import { parse } from "../../core/parse.ts";
import { Rng, type RngState } from "../../core/rng.ts";
import { Box } from "../../core/space.ts";
import { defineWrapper } from "./definition.ts";
import { requireBox, Wrapper } from "./wrapper.ts";

const parameters = z.strictObject({
  std: z
    .number()
    .min(0)
    .default(0.002)
    .describe("standard deviation of the noise, in each entry's own unit; the published runs: 0.002"),
});

/**
 * Independent Gaussian noise on every number that is observed, drawn anew each step, those of `reset` included:
 *
 *     y = x + std N(0, 1)
 *
 * Rewards and ends are those of the true state. The noise has a stream of its own, seeded by `reset`.
 */
export class NoisyObservation<A = Float32Array> extends Wrapper<A> {
  readonly #std: number;
  #rng = streamOf(0);

  constructor(env: Env<A>, options: z.input<typeof parameters> = {}) {
    const { std } = parse(parameters, options, "NoisyObservation");
    const { size } = requireBox(env.observationSpace, "observations", env, "NoisyObservation");
    const bounds = new Float32Array(size).fill(Infinity);
    super(
      "NoisyObservation",
      env,
      std === 0
        ? {}
        : {
            observationSpace: new Box(
              bounds.map((x) => -x),
              bounds,
            ),
          },
    );
    this.#std = std;
  }

  override reset(options?: ResetOptions): [observation: Float32Array, info: Info] {
    const [observation, info] = this.env.reset(options);
    if (options?.seed !== undefined) this.#rng = streamOf(options.seed);
    return [this.#disturb(observation), info];
  }

  override step(action: A): StepResult {
    const [observation, ...rest] = this.env.step(action);
    return [this.#disturb(observation), ...rest];
  }

  protected override saveOwn(): Readonly<Record<string, unknown>> {
    return { rng: this.#rng.snapshot() };
  }

  protected override loadOwn(own: Readonly<Record<string, unknown>>): void {
    this.#rng.restore((own as { rng: RngState }).rng);
  }

  #disturb(observation: Float32Array): Float32Array {
    return this.#std === 0 ? observation : observation.map((x) => x + this.#std * this.#rng.normal());
  }
}

function streamOf(seed: number): Rng {
  return new Rng(`env/${seed}`).split("observation-noise");
}

export const noisyObservation = defineWrapper({
  id: "NoisyObservation",
  summary: "Adds Gaussian noise to every number observed.",
  references: ["He et al., Nature Computational Science 4, 584-599 (2024), for its size"],
  parameters,
  wrap: (env, options) => new NoisyObservation(env, options as z.input<typeof parameters>),
});
