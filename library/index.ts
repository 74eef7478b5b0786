/**
 * `spikegym`: what most programs need. Make an environment, train a policy in it, load it, evaluate it, record it.
 * The other entry points hold the parts that these are made of.
 *
 * @module spikegym
 */
export { z } from "zod";
export { algorithms, registerAlgorithm } from "../agents/index.ts";
export type { Env, EnvParameters, Info, ResetOptions, StepResult } from "../core/env.ts";
export { DivergenceError, FileError, ShapeError, SpikegymError, UsageError } from "../core/errors.ts";
export { Rng } from "../core/rng.ts";
export { environments, make, prepareEngine, registerEnvironment } from "../envs/index.ts";
export { simpleEnvironment } from "../envs/simple-environment.ts";
export { useKernels } from "../kernels/load.ts";
export { neurons, registerNeuron } from "../neurons/index.ts";
export type { TrainCallbacks, TrainEvaluation, TrainProgress } from "../training/callbacks.ts";
export { parseRunConfig, type RunConfig, type RunConfigInput } from "../training/config.ts";
export { configureRun, type RunChoices } from "../training/configure-run.ts";
export {
  type Conditions,
  evaluatePolicy,
  mapPolicy,
  type PolicyEvaluation,
  recordPolicy,
} from "../training/evaluate-policy.ts";
export { type ExportResult, exportPolicy } from "../training/export/export-policy.ts";
export { registerPerturbation } from "../training/perturbations/index.ts";
export { resolvePerturbation as perturbation } from "../training/perturbations/spec.ts";
export { loadPolicy, type Policy } from "../training/policy.ts";
export { presets } from "../training/presets/index.ts";
export { type TrainOptions, type TrainSummary, train } from "../training/trainer.ts";
