/**
 * `spikegym/policies`: trained policies at work, wherever JavaScript runs: nothing here needs Node.
 *
 * @module spikegym/policies
 */
export { registerEnvironment } from "../envs/index.ts";
export { registerNeuron } from "../neurons/index.ts";
export { decodePolicy, encodePolicy, type PolicyFile, withoutTraining } from "../training/policy-file.ts";
export { type Decision, PolicyPlayer } from "../training/policy-player.ts";
