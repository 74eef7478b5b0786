import type { Agent } from "../agents/algorithm.ts";
import type { Env } from "../core/env.ts";
import type { ReplayHeader, ReplayLayer } from "../core/replay-file/header.ts";
import { ReplayWriter } from "../core/replay-file/writer.ts";
import { makeEncoder } from "../neurons/encoders/index.ts";
import { makeNeuron, neurons } from "../neurons/index.ts";
import { actionRow } from "./action-row.ts";
import type { RunConfig } from "./config.ts";
import { ObservationWindow } from "./observation-window.ts";
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

/** How many neurons are traced by default. */
const TRACED = 16;
/** Decisions of a trial run from which they are chosen. */
const TRIAL_STEPS = 100;
const LAYER = "population";

/**
 * Runs episodes with the mean action and writes a replay file: bodies, observations, actions, rewards, the critics'
 * value, every spike and the chosen membranes and gates.
 *
 * @returns the return of each episode
 */
export async function recordReplay(agent: Agent, options: RecordingOptions): Promise<number[]> {
  const { path, makeEnv, config, seeds } = options;
  const encoder = makeEncoder(config.policy.encoder.id, config.policy.encoder.parameters);
  const env = makeEnv();
  const description = describe(agent, env, encoder.window, seeds[0] ?? 0);
  const traced = options.tracedNeurons ?? description.chosen;
  const layer = describeLayer(config, encoder.ticks, traced, description, env.observationLabels);
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
          layers: { [LAYER]: { spikes: decision.spikes, traces: decision.variables } },
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

interface Description {
  readonly chosen: readonly number[];
  readonly sensitivity: readonly number[];
  readonly inputWeights: readonly number[];
}

/** A short trial run: which neurons vary most in rate, weighed by how much the action hangs on them. */
function describe(agent: Agent, env: Env<unknown>, windowSteps: number, seed: number): Description {
  let [observation] = env.reset({ seed });
  const window = new ObservationWindow(windowSteps, 1, observation.length);
  window.start(observation);
  const row = actionRow(env.actionSpace, env.id);
  const memory = agent.restMemory.slice();
  const rates: Float32Array[] = [];
  const windows: Float32Array[] = [];
  for (let step = 0, over = false; step < TRIAL_STEPS && !over; step++) {
    windows.push(window.values.slice());
    const decision = agent.trace(window.values, [], memory);
    rates.push(decision.rates);
    const [next, , terminated, truncated] = env.step(row.toEnvironment(decision.action));
    observation = next;
    window.push(observation);
    over = terminated || truncated;
  }
  const all = new Float32Array(windows.length * window.values.length);
  const size = observation.length;
  windows.forEach((values, b) => {
    for (let w = 0; w < windowSteps; w++) {
      all.set(values.subarray(w * size, (w + 1) * size), (w * windows.length + b) * size);
    }
  });
  const { sensitivity, inputWeights } = agent.describePopulation(all, windows.length);
  const spread = Array.from(sensitivity, (slope, u) => {
    const mean = rates.reduce((sum, r) => sum + r[u]!, 0) / rates.length;
    const variance = rates.reduce((sum, r) => sum + (r[u]! - mean) ** 2, 0) / rates.length;
    return { u, weight: Math.sqrt(variance) * Math.abs(slope) };
  });
  const chosen = spread
    .sort((a, b) => b.weight - a.weight || a.u - b.u)
    .slice(0, TRACED)
    .map(({ u }) => u);
  return { chosen, sensitivity: [...sensitivity], inputWeights: [...inputWeights] };
}

function describeLayer(
  config: RunConfig,
  ticks: number,
  traced: readonly number[],
  description: Description,
  inputLabels: readonly string[],
): ReplayLayer {
  const model = makeNeuron(config.policy.neuron.id, config.policy.neuron.parameters);
  const { inputWeights, sensitivity } = description;
  // An encoder that changes the number of inputs has no labels of its own: then nothing is claimed of the weights.
  const labelled = inputWeights.length === inputLabels.length * config.policy.population;
  return {
    id: LAYER,
    neuron: model.id,
    units: config.policy.population,
    ticks,
    tickMs: model.tickMs,
    startsAtRest: true,
    threshold: model.threshold,
    variables: model.variables.map((variable) => ({ ...variable })),
    tracedNeurons: [...traced],
    sensitivity: [...sensitivity],
    ...(labelled ? { inputs: { labels: [...inputLabels], weights: [...inputWeights] } } : {}),
  };
}

function describeRun(
  config: RunConfig,
  env: Env<unknown>,
  layer: ReplayLayer,
  versions: Readonly<Record<string, string>>,
): ReplayHeader {
  const { neuron, population } = config.policy;
  const caveat = neurons.get(neuron.id).caveat;
  return {
    env: env.id,
    engine: config.environment.engine,
    stepSeconds: env.stepSeconds,
    scene: env.scene,
    observationLabels: [...env.observationLabels],
    actionLabels: [...env.actionLabels],
    seed: config.seed,
    agent: `${config.algorithm.id.toUpperCase()}, ${population} ${neuron.id} neurons, mean action`,
    preset: config.preset,
    versions: { ...versions },
    layers: [layer],
    notes: caveat === undefined ? [] : [`${neuron.id}: ${caveat}.`],
  };
}
