import type { Agent } from "../agents/algorithm.ts";
import type { Env } from "../core/env.ts";
import type { ReplayHeader, ReplayLayer } from "../core/replay-file/header.ts";
import { makeNeuron, neurons } from "../neurons/index.ts";
import { actionRow } from "./action-row.ts";
import type { RunConfig } from "./config.ts";
import { ObservationWindow } from "./observation-window.ts";

/** How many neurons are traced by default. */
const TRACED = 16;
/** Decisions of a trial run from which they are chosen. */
const TRIAL_STEPS = 100;

/** The layer of a recording of an agent. */
export const POPULATION_LAYER = "population";

/** What a trial run tells of a policy. */
export interface PolicyDescription {
  /** The neurons most worth tracing. */
  readonly chosen: readonly number[];
  /** How much, and which way, the action hangs on each neuron. */
  readonly sensitivity: readonly number[];
  /** [units, inputs], inputs fastest. */
  readonly inputWeights: readonly number[];
}

/** A short trial run: which neurons vary most in rate, weighed by how much the action hangs on them. */
export function describePolicy(
  agent: Agent,
  env: Env<unknown>,
  windowSteps: number,
  seed: number,
  traced = TRACED,
): PolicyDescription {
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
    .slice(0, traced)
    .map(({ u }) => u);
  return { chosen, sensitivity: [...sensitivity], inputWeights: [...inputWeights] };
}

/** The population as a replay file's layer. */
export function describeLayer(
  config: RunConfig,
  agent: Agent,
  traced: readonly number[],
  description: PolicyDescription,
  inputLabels: readonly string[],
): ReplayLayer {
  const model = makeNeuron(config.policy.neuron.id, config.policy.neuron.parameters);
  const { inputWeights, sensitivity } = description;
  // An encoder that changes the number of inputs has no labels of its own: then nothing is claimed of the weights.
  const labelled = inputWeights.length === inputLabels.length * config.policy.population;
  return {
    id: POPULATION_LAYER,
    neuron: model.id,
    units: config.policy.population,
    ticks: agent.actor.shape.encoder.ticks,
    tickMs: model.tickMs,
    startsAtRest: !agent.actor.carries,
    threshold: model.threshold,
    variables: model.variables.map((variable) => ({ ...variable })),
    tracedNeurons: [...traced],
    sensitivity: [...sensitivity],
    ...(labelled ? { inputs: { labels: [...inputLabels], weights: [...inputWeights] } } : {}),
  };
}

/** A replay file's header. */
export function describeRun(
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
