import type { Agent } from "../../agents/algorithm.ts";
import { UsageError } from "../../core/errors.ts";
import { Rng } from "../../core/rng.ts";
import { prepareEngine } from "../../envs/physics/index.ts";
import { useKernels } from "../../kernels/load.ts";
import { assembleAgent, assembleEnvironment } from "../assemble.ts";
import { UpdateBenchmark } from "../benchmark-update.ts";
import type { RunConfig } from "../config.ts";
import { configureRun } from "../configure-run.ts";
import { spikesPerDecision } from "../measures/spikes-per-decision.ts";
import { loadPolicy } from "../policy.ts";
import { presets } from "../presets/index.ts";
import { type ExecutedOperations, linearOperations, populationOperations } from "./executed-network.ts";
import { keptBytesOf, learnerBytes, stateBytes } from "./memory.ts";
import type { CostedModel, ModelCounts } from "./model-cost.ts";
import { scaleOperations, sumOperations } from "./operations.ts";

const TASK = "double";

/** `<neuron>-rl` of a family of settings: the policies of its presets on the double pendulum. */
export function policyIds(settings: string): string[] {
  const start = `${settings}/${TASK}-`;
  return presets.ids.filter((id) => id.startsWith(start)).map((id) => `${id.slice(start.length)}-rl`);
}

/** An untrained policy of a family of presets, by its id; on `settings` of one's own, by their paths. */
export async function untrainedPolicy(
  id: string,
  settings: string,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<CostedModel> {
  const neuron = id.slice(0, -"-rl".length);
  const config = configureRun(`${settings}/${TASK}-${neuron}`, { settings: changes });
  await useKernels();
  await prepareEngine(config.environment.engine);
  const env = assembleEnvironment(config);
  const agent = assembleAgent(config, env, new Rng(config.seed).split("agent"));
  env.close();
  return costedPolicy(agent, config, { id, settings, run: null });
}

/** The policy of a run folder. */
export async function trainedPolicy(run: string): Promise<CostedModel> {
  const { agent, config } = await loadPolicy(run);
  return costedPolicy(agent, config, { id: config.preset, settings: "the run's", run });
}

function costedPolicy(
  agent: Agent,
  config: RunConfig,
  names: Pick<ModelCounts, "id" | "settings" | "run">,
): CostedModel {
  const counts = { ...names, ...countPolicy(agent, config) };
  const isTimed =
    agent.learnsFrom === "transitions" &&
    agent.actor.shape.choices === null &&
    !agent.actor.carries &&
    agent.replay.sequence === 1;
  if (!isTimed) {
    return {
      counts,
      trainStepMs: () => Number.NaN,
      inferenceMs: () => Number.NaN,
      dispose: () => agent.dispose(),
    };
  }
  const benchmark = UpdateBenchmark.of(agent);
  return {
    counts,
    trainStepMs: () => benchmark.updateMs(10),
    inferenceMs: () => benchmark.actionMs(50),
    dispose: () => benchmark.dispose(),
  };
}

/**
 * What a decision costs: each observation of the window projected once, the population over all ticks, the heads on its
 * rates. The handful of operations that make an action of the heads' outputs are not counted.
 */
export function countPolicy(agent: Agent, config: RunConfig): Omit<ModelCounts, "id" | "settings" | "run"> {
  const { layer, headShape, shape, front } = agent.actor;
  if (!front.isPlain) {
    throw new UsageError(
      `cost: ${config.preset} has layers (or a trained encoder) before its population, which are not counted; leave policy.layers empty`,
    );
  }
  const { ticks, repeat, inputSize, units, model } = layer;
  const inputs = ticks / repeat;
  const { sizes, members } = headShape;
  const projection = scaleOperations(linearOperations(inputSize, model.inputsPerUnit * units), inputs);
  const linear = sizes.slice(1).map((width, i) => {
    const rectified = i < sizes.length - 2 ? width : 0;
    return scaleOperations(
      sumOperations(linearOperations(sizes[i]!, width), { additions: rectified, multiplications: 0 }),
      members,
    );
  });
  const executed: ExecutedOperations = {
    projection,
    neurons: populationOperations(model, units, ticks, inputs),
    readout: sumOperations(...linear),
    analogue: projection,
    behindSpikes: sumOperations(...linear.slice(1)),
  };
  const env = assembleEnvironment(config);
  const spikes = spikesPerDecision(agent, env, config.seed);
  env.close();
  const populations = [{ model, units, ticks, inputs, outputs: 0 }];
  const batch = agent.learnsFrom === "transitions" ? agent.replay.batchSize : agent.rolloutSteps;
  return {
    kind: "rl",
    parameters: agent.policyParameters,
    published: null,
    executed,
    spikes,
    synaptic: spikes * sizes[1]! * members,
    recorded: `up to 40 decisions of an episode of ${shape.observationSize} observed numbers`,
    stateBytes: stateBytes(populations),
    trainingBytes: learnerBytes(agent.snapshot()) + batch * keptBytesOf(populations),
    batch,
  };
}
