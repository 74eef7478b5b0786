/**
 * `spikegym/agents`: spiking policies and the algorithms that train them, for a training loop of your own, and the parts
 * that an algorithm of your own is made of. Await `useKernels()` once before making an agent.
 *
 * @module spikegym/agents
 */

export * as tf from "@tensorflow/tfjs-core";
export { z } from "zod";
export { type ActionDistribution, actionDistribution } from "../agents/action-distribution.ts";
export { estimateAdvantages } from "../agents/advantages.ts";
export type {
  Agent,
  DecisionTrace,
  LearnerSnapshot,
  Moment,
  OffPolicyAgent,
  OnPolicyAgent,
  PopulationDescription,
  ReplaySettings,
  UpdateMetrics,
} from "../agents/algorithm.ts";
export type { Rollout, TransitionBatch } from "../agents/experience.ts";
export {
  type AlgorithmDefinition,
  algorithms,
  makeAgent,
  parseAlgorithm,
  registerAlgorithm,
} from "../agents/index.ts";
export { describeActor, traceDecision } from "../agents/inspect-actor.ts";
export { type ActorShape, SpikingActor } from "../agents/spiking-actor.ts";
export { SpikingAgent } from "../agents/spiking-agent.ts";
export { TwinCritics } from "../agents/twin-critics.ts";
export { ValueCritic } from "../agents/value-critic.ts";
export { Rng } from "../core/rng.ts";
export { useKernels } from "../kernels/load.ts";
