/**
 * `spikegym/multitask`: classification of images with several labels on the same neurons. Node only.
 *
 * @module spikegym/multitask
 */
export { Classifier } from "../multitask/classifier.ts";
export { evaluateRun, type RunEvaluation, testNoise } from "../multitask/evaluate-run.ts";
export { type LoadedRun, loadRun } from "../multitask/load-run.ts";
export { type ModelId, models } from "../multitask/models/index.ts";
export {
  type ClassificationConfig,
  type ClassificationRequest,
  resolveConfig,
} from "../multitask/run-config.ts";
export { type EpochResult, type TrainResult, trainClassifier } from "../multitask/train.ts";
