import type { Agent } from "../agents/algorithm.ts";
import { makeAgent as makeAlgorithm } from "../agents/index.ts";
import type { ActorShape } from "../agents/spiking-actor.ts";
import type { Env } from "../core/env.ts";
import { UsageError } from "../core/errors.ts";
import type { Rng } from "../core/rng.ts";
import { Box } from "../core/space.ts";
import { make } from "../envs/index.ts";
import { makeEncoder } from "../neurons/encoders/index.ts";
import { makeNeuron } from "../neurons/index.ts";
import type { RunConfig } from "./config.ts";
import { perturbEnv } from "./perturbations/perturb-env.ts";
import { resolvePerturbation } from "./perturbations/spec.ts";

/** The environment a configuration asks for, fresh. */
export function assembleEnvironment({ environment }: Pick<RunConfig, "environment">): Env {
  return make(environment.id, { ...environment.parameters, engine: environment.engine }) as Env;
}

/** The one that training steps in: the same, but for `training.environmentParameters` and `training.perturbations`. */
export function assembleTrainingEnvironment({ environment, training }: RunConfig): Env {
  const parameters = { ...environment.parameters, ...training.environmentParameters };
  const env = assembleEnvironment({ environment: { ...environment, parameters } });
  return perturbEnv(env, training.perturbations.map(resolvePerturbation), "training");
}

/** The sizes of an environment that an agent must fit. */
export function sizesOf(env: Env): { observationSize: number; actionSize: number } {
  const { observationSpace, actionSpace } = env;
  if (!(observationSpace instanceof Box) || !(actionSpace instanceof Box)) {
    throw new UsageError(
      `${env.id}: observations ${observationSpace.describe()} and actions ${actionSpace.describe()}, expected boxes of numbers for this algorithm`,
    );
  }
  return { observationSize: observationSpace.size, actionSize: actionSpace.size };
}

/** What the agent is built from. */
export function actorShapeOf(config: RunConfig, env: Env): ActorShape {
  const { neuron, encoder, population, hidden } = config.policy;
  return {
    ...sizesOf(env),
    neuron: makeNeuron(neuron.id, neuron.parameters),
    encoder: makeEncoder(encoder.id, encoder.parameters),
    population,
    hidden,
  };
}

/** The agent a configuration asks for, with fresh weights from the stream. The kernels must be loaded. */
export function assembleAgent(config: RunConfig, env: Env, rng: Rng): Agent {
  const shape = actorShapeOf(config, env);
  return makeAlgorithm(config.algorithm.id, shape, config.algorithm.parameters, rng);
}
