/**
 * `spikegym/training`: the parts of a training run, for a loop of your own: from a configuration to an environment and
 * an agent, what collects, what learns, what evaluates, records and saves; and whole runs. Node only.
 *
 * @module spikegym/training
 */

export { type ActionRow, actionRow } from "../training/action-row.ts";
export {
  assembleAgent,
  assembleEnvironment,
  assembleLearning,
  assembleTrainingEnvironment,
  sizesOf,
} from "../training/assemble.ts";
export type { TrainCallbacks, TrainEvaluation, TrainProgress } from "../training/callbacks.ts";
export { type CollectedStep, Collector, type FinishedEpisode } from "../training/collector.ts";
export { parseRunConfig, type RunConfig, type RunConfigInput } from "../training/config.ts";
export { configureRun, type RunChoices } from "../training/configure-run.ts";
export { type EpisodeResult, evaluate } from "../training/evaluator.ts";
export type { Learning } from "../training/learning.ts";
export { type LearningCurve, readLearningCurve } from "../training/learning-curve.ts";
export type { Scalars } from "../training/metrics-log.ts";
export { ObservationWindow } from "../training/observation-window.ts";
export {
  defineActuator,
  defineBody,
  defineForce,
  defineNetwork,
  defineReward,
  defineSensor,
  type PerturbationDefinition,
} from "../training/perturbations/definition.ts";
export { perturbations, registerPerturbation } from "../training/perturbations/index.ts";
export { perturbEnv } from "../training/perturbations/perturb-env.ts";
export { resolvePerturbation as perturbation } from "../training/perturbations/spec.ts";
export { encodePolicy, withoutTraining } from "../training/policy-file.ts";
export { presets } from "../training/presets/index.ts";
export { recordReplay } from "../training/recorder.ts";
export { ReplayBuffer } from "../training/replay-buffer.ts";
export { ReplayFileSink } from "../training/replay-file-sink.ts";
export { type TrainOptions, type TrainSummary, train } from "../training/trainer.ts";
