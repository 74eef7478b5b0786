import { z } from "zod";
import type { Agent } from "../agents/algorithm.ts";
import type { Env, EnvSnapshot } from "../core/env.ts";
import type { Rng } from "../core/rng.ts";
import type { Box } from "../core/space.ts";
import { ActionScale } from "./action-scale.ts";
import { ObservationWindow } from "./observation-window.ts";
import type { ReplayBuffer } from "./replay-buffer.ts";

/** An episode that has just ended. */
export interface FinishedEpisode {
  readonly return: number;
  readonly length: number;
}

/** Everything needed to go on in the middle of an episode. */
export interface CollectorSnapshot {
  readonly env: EnvSnapshot;
  readonly window: readonly number[];
  readonly observation: readonly number[];
  readonly episodeReturn: number;
  readonly episodeLength: number;
}

export const collectorSnapshotSchema: z.ZodType<CollectorSnapshot> = z.strictObject({
  env: z.record(z.string(), z.unknown()),
  window: z.array(z.number()),
  observation: z.array(z.number()),
  episodeReturn: z.number(),
  episodeLength: z.number().int().min(0),
});

/** Drives one environment, step after step and episode after episode, and puts what happens into a replay buffer. */
export class Collector {
  readonly #env: Env;
  readonly #buffer: ReplayBuffer;
  readonly #window: ObservationWindow;
  readonly #scale: ActionScale;
  readonly #action: Float32Array;
  readonly #scaled: Float32Array;
  readonly #episodeSteps: number;
  #observation: Float32Array;
  #episodeReturn = 0;
  #episodeLength = 0;

  /**
   * Starts the first episode from `seed`; the later ones follow from it.
   *
   * @param episodeSteps episodes are truncated after this many steps, if the environment does not end them before
   */
  constructor(
    env: Env,
    buffer: ReplayBuffer,
    window: number,
    seed: number,
    episodeSteps = Number.POSITIVE_INFINITY,
  ) {
    this.#env = env;
    this.#episodeSteps = episodeSteps;
    this.#buffer = buffer;
    this.#observation = env.reset({ seed })[0];
    this.#window = new ObservationWindow(window, 1, this.#observation.length);
    this.#window.start(this.#observation);
    this.#scale = new ActionScale(env.actionSpace as Box);
    this.#action = new Float32Array(this.#scale.size);
    this.#scaled = new Float32Array(this.#scale.size);
  }

  /**
   * One environment step, with the agent's exploring action, or a uniformly random one where `agent` is null.
   *
   * @returns the episode, if the step ended one
   */
  step(agent: Agent | null, rng: Rng): FinishedEpisode | undefined {
    if (agent === null) rng.fillUniform(this.#action, -1, 1);
    else agent.act(this.#window.values, 1, rng, this.#action);
    const before = this.#observation;
    const [observation, reward, terminated, truncated] = this.#env.step(
      this.#scale.toEnvironment(this.#action, this.#scaled),
    );
    this.#buffer.add(before, this.#action, reward, observation, terminated, this.#episodeLength);
    this.#observation = observation;
    this.#episodeReturn += reward;
    this.#episodeLength++;
    if (!terminated && !truncated && this.#episodeLength < this.#episodeSteps) {
      this.#window.push(observation);
      return undefined;
    }
    const finished = { return: this.#episodeReturn, length: this.#episodeLength };
    this.#observation = this.#env.reset()[0];
    this.#window.start(this.#observation);
    this.#episodeReturn = 0;
    this.#episodeLength = 0;
    return finished;
  }

  snapshot(): CollectorSnapshot {
    return {
      env: this.#env.snapshot(),
      window: [...this.#window.values],
      observation: [...this.#observation],
      episodeReturn: this.#episodeReturn,
      episodeLength: this.#episodeLength,
    };
  }

  restore(snapshot: CollectorSnapshot): void {
    this.#env.restore(snapshot.env);
    this.#window.values.set(snapshot.window);
    this.#observation = Float32Array.from(snapshot.observation);
    this.#episodeReturn = snapshot.episodeReturn;
    this.#episodeLength = snapshot.episodeLength;
  }
}
