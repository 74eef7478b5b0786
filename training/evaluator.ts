import type { Agent } from "../agents/algorithm.ts";
import type { Env } from "../core/env.ts";
import { actionRow } from "./action-row.ts";
import { ObservationWindow } from "./observation-window.ts";

/** One finished episode of an evaluation. */
export interface EpisodeResult {
  readonly seed: number;
  /** Sum of the environment's own rewards. */
  readonly return: number;
  readonly length: number;
  readonly terminated: boolean;
  /** Root mean square over steps and poles of the angle from upright. */
  readonly angleRmsRad: number;
  /** Root mean square of the cart's place. */
  readonly cartRmsM: number;
  /** Mean magnitude of the force, N. */
  readonly effort: number;
}

export interface EvaluationOptions {
  /** Makes one of the environments the episodes run in. */
  readonly makeEnv: () => Env<unknown>;
  /** The window of observations the agent looks at. */
  readonly window: number;
  /** Episode i starts from `reset({ seed: firstSeed + i })`. */
  readonly firstSeed: number;
  readonly episodes: number;
}

/**
 * Runs episodes side by side with the mean action, one environment each, and one call of the agent a step for all that
 * are still going.
 */
export function evaluate(agent: Agent, options: EvaluationOptions): EpisodeResult[] {
  const { makeEnv, window, firstSeed, episodes } = options;
  const runs = Array.from({ length: episodes }, (_, i) => new EvaluationEpisode(makeEnv(), firstSeed + i));
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
  #return = 0;
  #length = 0;
  #terminated = false;
  #angleSquares = 0;
  #angles = 0;
  #cartSquares = 0;
  #force = 0;

  constructor(env: Env<unknown>, seed: number) {
    this.env = env;
    this.seed = seed;
    this.observation = env.reset({ seed })[0];
  }

  /** One step; false when the episode is over. */
  step(action: unknown): boolean {
    const [observation, reward, terminated, truncated] = this.env.step(action);
    this.observation = observation;
    this.#return += reward;
    this.#length++;
    this.#terminated = terminated;
    this.#force += Math.abs(this.env.actionForceN(action));
    const { qpos } = this.env.state();
    this.#cartSquares += qpos[0]! ** 2;
    let angle = 0;
    for (const hinge of qpos.slice(1)) {
      angle += hinge;
      this.#angleSquares += angle ** 2;
      this.#angles++;
    }
    return !terminated && !truncated;
  }

  finish(): EpisodeResult {
    this.env.close();
    return {
      seed: this.seed,
      return: this.#return,
      length: this.#length,
      terminated: this.#terminated,
      angleRmsRad: Math.sqrt(this.#angleSquares / this.#angles),
      cartRmsM: Math.sqrt(this.#cartSquares / this.#length),
      effort: this.#force / this.#length,
    };
  }
}
