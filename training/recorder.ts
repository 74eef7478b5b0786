import type { Agent } from "../agents/algorithm.ts";
import type { Env } from "../core/env.ts";
import { ReplayWriter } from "../core/replay-file/writer.ts";
import { actionRow } from "./action-row.ts";
import type { RunConfig } from "./config.ts";
import { ObservationWindow } from "./observation-window.ts";
import { describeLayer, describePolicy, describeRun, POPULATION_LAYER } from "./replay-description.ts";
import { ReplayFileSink } from "./replay-file-sink.ts";

export interface RecordingOptions {
  readonly path: string;
  readonly makeEnv: () => Env<unknown>;
  readonly config: RunConfig;
  /** Versions to write into the file. */
  readonly versions: Readonly<Record<string, string>>;
  /** One episode a seed. */
  readonly seeds: readonly number[];
  /** Neurons whose membrane and gates are kept; the most active and most decisive ones by default. */
  readonly tracedNeurons?: readonly number[];
  readonly signal?: AbortSignal;
}

/**
 * Runs episodes with the mean action and writes a replay file: bodies, observations, actions, rewards, the critics'
 * value, every spike and the chosen membranes and gates.
 *
 * @returns the return of each episode
 */
export async function recordReplay(agent: Agent, options: RecordingOptions): Promise<number[]> {
  const { path, makeEnv, config, seeds } = options;
  const { encoder } = agent.actor.shape;
  const env = makeEnv();
  const description = describePolicy(agent, env, encoder.window, seeds[0] ?? 0);
  const traced = options.tracedNeurons ?? description.chosen;
  const layer = describeLayer(config, agent, traced, description, env.observationLabels);
  const sink = await ReplayFileSink.open(path);
  try {
    const writer = await ReplayWriter.open(sink, describeRun(config, env, layer, options.versions));
    const row = actionRow(env.actionSpace, env.id);
    const poses = new Float64Array(3 * env.scene.bodies.length);
    const returns: number[] = [];
    for (const seed of seeds) {
      let [observation] = env.reset({ seed });
      const window = new ObservationWindow(encoder.window, 1, observation.length);
      window.start(observation);
      const memory = agent.restMemory.slice();
      await writer.beginEpisode(`seed ${seed}`);
      let sum = 0;
      for (let over = false; !over; ) {
        options.signal?.throwIfAborted();
        const frame = { poses: Float64Array.from(env.poses(poses)), ...env.state(), observation };
        const decision = agent.trace(window.values, traced, memory);
        const action = row.toEnvironment(decision.action);
        const [next, reward, terminated, truncated] = env.step(action);
        await writer.step({
          ...frame,
          // A choice is recorded as its number.
          action: action instanceof Float32Array ? action : decision.action,
          forceN: env.actionForceN(action),
          reward,
          terminated,
          truncated,
          value: decision.value,
          layers: { [POPULATION_LAYER]: { spikes: decision.spikes, traces: decision.variables } },
        });
        sum += reward;
        observation = next;
        window.push(observation);
        over = terminated || truncated;
      }
      await writer.endEpisode({ poses: env.poses(poses), ...env.state(), observation });
      returns.push(sum);
    }
    await writer.close();
    return returns;
  } finally {
    await sink.release();
    env.close();
  }
}
