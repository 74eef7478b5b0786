/**
 * `spikegym/envs`: environments with Gymnasium's semantics, their spaces, wrappers, vectors and engines, and the way to
 * add one of your own. Runs in a browser too, but for `makeVector` with several threads.
 *
 * @module spikegym/envs
 */
export { z } from "zod";
export { Dict, Tuple } from "../core/composite-space.ts";
export type {
  Env,
  EnvDiagnostics,
  EnvParameters,
  EnvSnapshot,
  Info,
  PhysicalState,
  ResetOptions,
  StepResult,
} from "../core/env.ts";
export { Rng } from "../core/rng.ts";
export type { Scene, SceneBody } from "../core/scene.ts";
export { Box, Discrete, MultiDiscrete, type Space } from "../core/space.ts";
export { Balancer } from "../envs/controllers/balancer.ts";
export { SwingUpController } from "../envs/controllers/swing-up.ts";
export {
  type AnyEnv,
  type BoxEnv,
  type DiscreteEnv,
  defineEnvironment,
  type EnvironmentDefinition,
  hasChoices,
} from "../envs/definition.ts";
export {
  checkEnv,
  type EnvironmentId,
  environments,
  make,
  prepareEngine,
  registerEnvironment,
  wrap,
} from "../envs/index.ts";
export { engines } from "../envs/physics/index.ts";
export {
  type Advanced,
  type Bounds,
  type SimpleEnvironment,
  simpleEnvironment,
} from "../envs/simple-environment.ts";
export { type MakeVectorOptions, makeVector } from "../envs/vector/make-vector.ts";
export type { VectorEnv, VectorStep } from "../envs/vector/vector-env.ts";
export { type WrapperId, type WrapperSpec, wrappers } from "../envs/wrappers/index.ts";
export { Wrapper } from "../envs/wrappers/wrapper.ts";
