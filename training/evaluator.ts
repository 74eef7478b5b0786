import type { Agent } from "../agents/algorithm.ts";
import type { Env, ResetOptions } from "../core/env.ts";
import { actionRow } from "./action-row.ts";
import { type EpisodeMeasures, EpisodeMeter } from "./measures/episode-measures.ts";
import { ObservationWindow } from "./observation-window.ts";

/** One finished episode of an evaluation. */
export interface EpisodeResult extends EpisodeMeasures {
  readonly seed: number;
  /** Sum of the environment's own rewards. */
  readonly return: number;
}

export interface EvaluationOptions {
  /** Makes one of the environments the episodes run in. */
  readonly makeEnv: () => Env<unknown>;
  /** Episode i starts from `reset({ seed: firstSeed + i })`. */
  readonly firstSeed: number;
  readonly episodes: number;
  /** How episode i is reset beside its seed, e.g. into which state; by its seed alone, if absent. */
  readonly starts?: readonly ResetOptions[];
  /** Times of pushes that recovery is measured from, s; none: the start. */
  readonly disturbancesS?: readonly number[];
}

/**
 * Runs episodes side by side with the mean action, one environment each, and one call of the agent a step for all that
 * are still going.
 */
export function evaluate(agent: Agent, options: EvaluationOptions): EpisodeResult[] {
  const { makeEnv, firstSeed, episodes, disturbancesS = [], starts } = options;
  const { window } = agent.actor.shape.encoder;
  const runs = Array.from(
    { length: episodes },
    (_, i) => new EvaluationEpisode(makeEnv(), { seed: firstSeed + i, ...starts?.[i] }, disturbancesS),
  );
  const first = runs[0];
  if (first === undefined) return [];
  const size = first.observation.length;
  const windows = new ObservationWindow(window, episodes, size);
  const row = actionRow(first.env.actionSpace, first.env.id);
  runs.forEach((run, lane) => {
    windows.start(run.observation, lane);
  });
  const seen = new Float32Array(windows.values.length);
  const actions = new Float32Array(episodes * row.size);
  const carried = agent.restMemory.length;
  // Rows of episodes still going, moved up as others end: a policy's memory stays beside its episode.
  const memory = new Float32Array(episodes * carried);
  for (let lane = 0; lane < episodes; lane++) memory.set(agent.restMemory, lane * carried);
  let going = runs.map((_, lane) => lane);
  while (going.length > 0) {
    const input = windows.gather(going, seen.subarray(0, window * going.length * size));
    agent.act(input, going.length, null, actions, memory.subarray(0, going.length * carried));
    let kept = 0;
    going = going.filter((lane, k) => {
      const run = runs[lane]!;
      const more = run.step(row.toEnvironment(actions.subarray(k * row.size, (k + 1) * row.size)));
      if (!more) return false;
      windows.push(run.observation, lane);
      memory.copyWithin(kept * carried, k * carried, (k + 1) * carried);
      kept++;
      return true;
    });
  }
  return runs.map((run) => run.finish());
}

/** One environment and the sums over its episode. */
class EvaluationEpisode {
  readonly env: Env<unknown>;
  readonly seed: number;
  observation: Float32Array;
  readonly #meter: EpisodeMeter;
  #return = 0;

  constructor(
    env: Env<unknown>,
    start: ResetOptions & { readonly seed: number },
    disturbancesS: readonly number[],
  ) {
    this.env = env;
    this.seed = start.seed;
    this.#meter = new EpisodeMeter(env, disturbancesS);
    this.observation = env.reset(start)[0];
  }

  /** One step; false when the episode is over. */
  step(action: unknown): boolean {
    const [observation, reward, terminated, truncated] = this.env.step(action);
    this.observation = observation;
    this.#return += reward;
    this.#meter.observe(action, terminated);
    return !terminated && !truncated;
  }

  finish(): EpisodeResult {
    this.env.close();
    return { seed: this.seed, return: this.#return, ...this.#meter.finish() };
  }
}
