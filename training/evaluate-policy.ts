import { Rng } from "../core/rng.ts";
import { prepareEngine } from "../envs/physics/index.ts";
import { makeEncoder } from "../neurons/encoders/index.ts";
import { assembleEnvironment } from "./assemble.ts";
import { type EpisodeResult, evaluate } from "./evaluator.ts";
import type { Policy } from "./policy.ts";
import { recordReplay } from "./recorder.ts";
import { currentVersions } from "./run-folder.ts";
import { type ReturnSummary, summariseReturns } from "./statistics/return-summary.ts";

export interface PolicyEvaluation {
  readonly episodes: readonly EpisodeResult[];
  readonly summary: ReturnSummary;
  readonly engine: string;
}

/** The policy's environment, on another engine if one is named. */
function environmentOf({ config }: Policy, engine: string) {
  return assembleEnvironment({ environment: { ...config.environment, engine } });
}

/** Evaluates a policy with the mean action; episode i starts from `seed + i`. */
export async function evaluatePolicy(
  policy: Policy,
  options: { readonly episodes: number; readonly seed: number; readonly engine?: string },
): Promise<PolicyEvaluation> {
  const { encoder } = policy.config.policy;
  const engine = options.engine ?? policy.config.environment.engine;
  await prepareEngine(engine);
  const env = environmentOf(policy, engine);
  const threshold = env.rewardThreshold;
  env.close();
  const episodes = evaluate(policy.agent, {
    makeEnv: () => environmentOf(policy, engine),
    window: makeEncoder(encoder.id, encoder.parameters).window,
    firstSeed: options.seed,
    episodes: options.episodes,
  });
  const returns = episodes.map((episode) => episode.return);
  return {
    episodes,
    summary: summariseReturns(returns, threshold, new Rng(options.seed).split("bootstrap")),
    engine,
  };
}

/** Writes a replay file of one episode a seed; returns their returns. */
export async function recordPolicy(
  policy: Policy,
  options: {
    readonly path: string;
    readonly seeds: readonly number[];
    readonly engine?: string;
    readonly signal?: AbortSignal;
  },
): Promise<number[]> {
  const engine = options.engine ?? policy.config.environment.engine;
  await prepareEngine(engine);
  return recordReplay(policy.agent, {
    path: options.path,
    makeEnv: () => environmentOf(policy, engine),
    config: { ...policy.config, environment: { ...policy.config.environment, engine } },
    versions: currentVersions(),
    seeds: options.seeds,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}
