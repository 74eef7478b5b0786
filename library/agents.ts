/**
 * `spikegym/agents`: spiking policies and the algorithms that train them, for a training loop of your own. Await
 * `useKernels()` once before making an agent.
 *
 * @module spikegym/agents
 */

export type {
  Agent,
  DecisionTrace,
  LearnerSnapshot,
  Moment,
  OffPolicyAgent,
  OnPolicyAgent,
  ReplaySettings,
  UpdateMetrics,
} from "../agents/algorithm.ts";
export type { Rollout, TransitionBatch } from "../agents/experience.ts";
export { algorithms, makeAgent, parseAlgorithm } from "../agents/index.ts";
export type { ActorShape, SpikingActor } from "../agents/spiking-actor.ts";
export { Rng } from "../core/rng.ts";
export { useKernels } from "../kernels/load.ts";
