import type { Agent } from "../agents/algorithm.ts";
import { makeAgent as makeAlgorithm } from "../agents/index.ts";
import type { ActorShape } from "../agents/spiking-actor.ts";
import type { Env } from "../core/env.ts";
import { UsageError } from "../core/errors.ts";
import type { Rng } from "../core/rng.ts";
import { Box } from "../core/space.ts";
import { make } from "../envs/index.ts";
import { PublishedReward } from "../envs/wrappers/published-reward.ts";
import { makeEncoder } from "../neurons/encoders/index.ts";
import { makeNeuron } from "../neurons/index.ts";
import { actionRow } from "./action-row.ts";
import type { RunConfig } from "./config.ts";
import type { Learning, LearningShape } from "./learning.ts";
import { perturbEnv } from "./perturbations/perturb-env.ts";
import { resolvePerturbation } from "./perturbations/spec.ts";
import { realTimeEncoder } from "./real-time.ts";
import { ReplayLearning } from "./replay-learning.ts";
import { RolloutLearning } from "./rollout-learning.ts";

/** The environment a configuration asks for, fresh. */
export function assembleEnvironment({ environment }: Pick<RunConfig, "environment">): Env<unknown> {
  return make(environment.id, { ...environment.parameters, engine: environment.engine }) as Env<unknown>;
}

/** The one that training steps in: the same, but for what `training` says of parameters, reward and perturbations. */
export function assembleTrainingEnvironment({ environment, training }: RunConfig): Env<unknown> {
  const parameters = { ...environment.parameters, ...training.environmentParameters };
  const env = assembleEnvironment({ environment: { ...environment, parameters } });
  // The reward is worked out from the true state, so it lies below what disturbs the sensors.
  return perturbEnv(withReward(env, training), training.perturbations.map(resolvePerturbation), "training");
}

function withReward(env: Env<unknown>, { reward, rewardNoise }: RunConfig["training"]): Env<unknown> {
  if (reward !== "native") return new PublishedReward(env, { version: reward, noise: rewardNoise });
  if (rewardNoise === 0) return env;
  throw new UsageError(
    `configuration: "training.rewardNoise" is ${rewardNoise} with the native reward, expected "training.reward" published or corrected, which are worked out from a noisy state; for noise on the number itself there is the perturbation "reward-noise"`,
  );
}

/** The sizes of an environment that an agent must fit. */
export function sizesOf(env: Env<unknown>): Pick<ActorShape, "observationSize" | "actionSize" | "choices"> {
  const { id, observationSpace, actionSpace } = env;
  if (!(observationSpace instanceof Box)) {
    throw new UsageError(`${id}: observations are ${observationSpace.describe()}, expected a Box`);
  }
  const { size, choices } = actionRow(actionSpace, id);
  return { observationSize: observationSpace.size, actionSize: size, choices };
}

/** What the agent is built from. */
function actorShapeOf(config: RunConfig, env: Env<unknown>): ActorShape {
  const { neuron, encoder, time, critic, layers, ...rest } = config.policy;
  const model = makeNeuron(neuron.id, neuron.parameters);
  return {
    ...sizesOf(env),
    neuron: model,
    encoder:
      time === "real" ? realTimeEncoder(encoder, model, env) : makeEncoder(encoder.id, encoder.parameters),
    critic:
      critic === null
        ? null
        : {
            neuron: makeNeuron(critic.neuron.id, critic.neuron.parameters),
            encoder: makeEncoder(critic.encoder.id, critic.encoder.parameters),
            population: critic.population,
          },
    layers: layers.map((layer) => ({
      ...layer,
      neuron: makeNeuron(layer.neuron.id, layer.neuron.parameters),
    })),
    ...rest,
  };
}

/** The agent a configuration asks for, with fresh weights from the stream. The kernels must be loaded. */
export function assembleAgent(config: RunConfig, env: Env<unknown>, rng: Rng): Agent {
  const shape = actorShapeOf(config, env);
  return makeAlgorithm(config.algorithm.id, shape, config.algorithm.parameters, rng);
}

/** What the agent learns from: a replay buffer or rollouts. */
export function assembleLearning(agent: Agent, shape: LearningShape, rng: Rng): Learning {
  return agent.learnsFrom === "transitions"
    ? new ReplayLearning(agent, shape, rng)
    : new RolloutLearning(agent, shape);
}
