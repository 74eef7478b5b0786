import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Agent } from "../agents/algorithm.ts";
import { UsageError } from "../core/errors.ts";
import { Rng } from "../core/rng.ts";
import { prepareEngine } from "../envs/physics/index.ts";
import { useKernels } from "../kernels/load.ts";
import { assembleAgent, assembleEnvironment } from "./assemble.ts";
import { describeFileFailure } from "./atomic-file.ts";
import type { RunConfig } from "./config.ts";
import { completed, decodePolicy } from "./policy-file.ts";
import { type CheckpointName, readLearner, readRunRecord } from "./run-folder.ts";

/** A trained agent and the run it comes from. */
export interface Policy {
  readonly agent: Agent;
  readonly config: RunConfig;
  /** The run's folder, or the policy's file. */
  readonly run: string;
  readonly checkpoint: CheckpointName | "only";
  /** One line when a damaged checkpoint had to be passed over. */
  readonly warning?: string;
}

/**
 * The agent of a run folder (its best checkpoint, or the latest where there is no best) or of a checkpoint file in it
 * (`RUN/checkpoints/latest.json`); or of a policy file (`policy.safetensors`, as the viewer's training saves it).
 */
export async function loadPolicy(path: string): Promise<Policy> {
  if (isPolicyFile(path)) return loadPolicyFile(path);
  const { run, checkpoint } = locatePolicy(path);
  const { config } = await readRunRecord(run);
  await useKernels();
  const { warning, ...learner } = await readLearner(run, checkpoint);
  await prepareEngine(config.environment.engine);
  const agent = freshAgent(config);
  agent.restore(learner);
  return { agent, config, run, checkpoint, ...(warning === undefined ? {} : { warning }) };
}

/** The arrays of a run's checkpoint have the same ending, but are read by the JSON beside them. */
function isPolicyFile(path: string): boolean {
  return path.endsWith(".safetensors") && existsSync(path) && statSync(path).isFile();
}

async function loadPolicyFile(path: string): Promise<Policy> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw describeFileFailure("read", path, error);
  }
  const { config, learner } = decodePolicy(bytes, path);
  await useKernels();
  await prepareEngine(config.environment.engine);
  const agent = freshAgent(config);
  agent.restore(completed(learner, agent.snapshot()));
  return { agent, config, run: path, checkpoint: "only" };
}

/** The agent of a configuration before any training. The kernels and the engine must be loaded. */
function freshAgent(config: RunConfig): Agent {
  const env = assembleEnvironment(config);
  const agent = assembleAgent(config, env, new Rng(config.seed).split("agent"));
  env.close();
  return agent;
}

/** The run folder and the checkpoint that a path means: a run its best one, or the latest where there is no best. */
export function locatePolicy(path: string): { run: string; checkpoint: CheckpointName } {
  if (!existsSync(path))
    throw new UsageError(`${path} does not exist; expected a run folder or a checkpoint in one`);
  if (statSync(path).isDirectory()) {
    return { run: path, checkpoint: existsSync(join(path, "checkpoints", "best.json")) ? "best" : "latest" };
  }
  const name = basename(path).split(".")[0];
  if (name !== "best" && name !== "latest") {
    throw new UsageError(
      `${path} is no checkpoint; expected a run folder, its checkpoints/best.json or latest.json, or a policy file (.safetensors)`,
    );
  }
  return { run: dirname(dirname(path)), checkpoint: name };
}
