/**
 * `spikegym/sweeps`: many trials from one description, their report, and the statistics it is made of. Node only.
 *
 * @module spikegym/sweeps
 */
export { type Report, type ReportOptions, writeReport } from "../training/report/write-report.ts";
export {
  conditionalValueAtRisk,
  interquartileMean,
  optimalityGap,
} from "../training/statistics/aggregates.ts";
export {
  bootstrapInterval,
  type Estimate,
  estimate,
  type Interval,
} from "../training/statistics/bootstrap.ts";
export { performanceProfile } from "../training/statistics/performance-profile.ts";
export { probabilityOfImprovement } from "../training/statistics/probability-of-improvement.ts";
export {
  type FinishedSweep,
  type RunSweepOptions,
  runSweep,
  type SweepInput,
  type SweepResult,
} from "../training/sweep/run-sweep.ts";
