import { z } from "zod";
import type { Env, Info, ResetOptions, StepResult } from "../../core/env.ts";
import { parse } from "../../core/parse.ts";
import { defineWrapper } from "./definition.ts";
import { Wrapper } from "./wrapper.ts";

const parameters = z.strictObject({
  bufferLength: z.number().int().min(1).default(100).describe("finished episodes that are remembered"),
});

/** One finished episode. */
export interface EpisodeStatistics {
  /** Sum of the rewards. */
  readonly return: number;
  /** Steps. */
  readonly length: number;
  /** Physical duration, s: unlike Gymnasium's `t`, which is wall-clock time, the same in every run. */
  readonly simulatedSeconds: number;
}

/** Adds `info.episode` (EpisodeStatistics) to the step that ends an episode and remembers the last episodes. */
export class RecordEpisodeStatistics<A = Float32Array> extends Wrapper<A> {
  readonly #bufferLength: number;
  #episodes: EpisodeStatistics[] = [];
  #return = 0;
  #length = 0;

  constructor(env: Env<A>, options: z.input<typeof parameters> = {}) {
    const { bufferLength } = parse(parameters, options, "RecordEpisodeStatistics");
    super("RecordEpisodeStatistics", env);
    this.#bufferLength = bufferLength;
  }

  /** The last finished episodes, oldest first. */
  get episodes(): readonly EpisodeStatistics[] {
    return this.#episodes;
  }

  override reset(options?: ResetOptions): [observation: Float32Array, info: Info] {
    const start = this.env.reset(options);
    this.#return = 0;
    this.#length = 0;
    return start;
  }

  override step(action: A): StepResult {
    const [observation, reward, terminated, truncated, info] = this.env.step(action);
    this.#return += reward;
    this.#length++;
    if (!terminated && !truncated) return [observation, reward, terminated, truncated, info];
    const episode: EpisodeStatistics = {
      return: this.#return,
      length: this.#length,
      simulatedSeconds: this.#length * this.stepSeconds,
    };
    this.#episodes = [...this.#episodes, episode].slice(-this.#bufferLength);
    return [observation, reward, terminated, truncated, { ...info, episode }];
  }

  protected override saveOwn() {
    return { episodes: this.#episodes, return: this.#return, length: this.#length };
  }

  protected override loadOwn(own: {
    readonly episodes: readonly EpisodeStatistics[];
    readonly return: number;
    readonly length: number;
  }): void {
    this.#episodes = [...own.episodes];
    this.#return = own.return;
    this.#length = own.length;
  }
}

export const recordEpisodeStatistics = defineWrapper({
  id: "RecordEpisodeStatistics",
  summary:
    "Adds return and length to the info of the step that ends an episode, and remembers the last ones.",
  references: [
    "Gymnasium, RecordEpisodeStatistics, https://gymnasium.farama.org/api/wrappers/misc_wrappers/",
  ],
  parameters,
  wrap: (env, options) => new RecordEpisodeStatistics(env, options as z.input<typeof parameters>),
});
