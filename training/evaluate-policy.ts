import type { Env } from "../core/env.ts";
import { Rng } from "../core/rng.ts";
import type { AnyEnv } from "../envs/definition.ts";
import { prepareEngine } from "../envs/physics/index.ts";
import { assembleEnvironment } from "./assemble.ts";
import { type EpisodeResult, evaluate } from "./evaluator.ts";
import { spikesPerDecision } from "./measures/spikes-per-decision.ts";
import { type MapSettings, mapStarts, type StabilityMap, stabilityMap } from "./measures/stability-map.ts";
import { perturbNetwork } from "./perturbations/network.ts";
import { perturbEnv } from "./perturbations/perturb-env.ts";
import { type PushOptions, pushTimesS } from "./perturbations/push.ts";
import type { PerturbationSpec } from "./perturbations/spec.ts";
import type { Policy } from "./policy.ts";
import { recordReplay } from "./recorder.ts";
import { currentVersions } from "./run-folder.ts";
import { type ReturnSummary, summariseReturns } from "./statistics/return-summary.ts";

export interface PolicyEvaluation {
  readonly episodes: readonly EpisodeResult[];
  readonly summary: ReturnSummary;
  readonly engine: string;
  /** Return of a solved episode. */
  readonly threshold: number;
  /** Spikes of the population in a decision, mean over the start of the first episode. */
  readonly spikesPerDecision: number;
}

/** What a policy meets that is not as it was in training. */
export interface Conditions {
  /** The run's, if absent. */
  readonly engine?: string;
  /** Of sensors, actuators, bodies, and the network itself. */
  readonly perturbations?: readonly PerturbationSpec[];
}

/** The policy's environment under other conditions. */
function environmentOf({ config }: Policy, engine: string, { perturbations = [] }: Conditions): Env<unknown> {
  return perturbEnv(assembleEnvironment({ environment: { ...config.environment, engine } }), perturbations);
}

/**
 * Does something with the policy under other conditions, its network perturbed as they say and put back afterwards.
 *
 * @param seed of the network's perturbations
 */
async function under<T>(
  policy: Policy,
  conditions: Conditions,
  seed: number,
  work: (makeEnv: () => Env<unknown>, engine: string) => T | Promise<T>,
): Promise<T> {
  const { engine, perturbations = [] } = conditions;
  const id = engine ?? policy.config.environment.engine;
  await prepareEngine(id);
  const makeEnv = () => environmentOf(policy, id, conditions);
  const restore = perturbNetwork(policy.agent, perturbations, seed);
  try {
    return await work(makeEnv, id);
  } finally {
    restore();
  }
}

/** Evaluates a policy with the mean action; episode i starts from `seed + i`. */
export async function evaluatePolicy(
  policy: Policy,
  options: Conditions & {
    readonly episodes: number;
    readonly seed: number;
    /** Of the network's perturbations; `seed`, if absent. */
    readonly networkSeed?: number;
  },
): Promise<PolicyEvaluation> {
  const { episodes, ...facts } = await under(
    policy,
    options,
    options.networkSeed ?? options.seed,
    (makeEnv, engine) => {
      const env = makeEnv();
      const threshold = env.rewardThreshold;
      const episodeS = env.maxEpisodeSteps * env.stepSeconds;
      const spikes = spikesPerDecision(policy.agent, env, options.seed);
      env.close();
      const episodes = evaluate(policy.agent, {
        makeEnv,
        firstSeed: options.seed,
        episodes: options.episodes,
        disturbancesS: pushesOf(options, episodeS),
      });
      return { episodes, threshold, engine, spikesPerDecision: spikes };
    },
  );
  const returns = episodes.map((episode) => episode.return);
  return {
    episodes,
    summary: summariseReturns(returns, facts.threshold, new Rng(options.seed).split("bootstrap")),
    ...facts,
  };
}

/** From which starts a policy keeps upright, beside those from which a linear-quadratic regulator does. */
export async function mapPolicy(
  policy: Policy,
  options: Conditions & { readonly map: MapSettings; readonly seed: number },
): Promise<StabilityMap> {
  return under(policy, options, options.seed, (makeEnv, engine) => {
    const plain = environmentOf(policy, engine, {}) as AnyEnv;
    try {
      const starts = mapStarts(options.map, plain);
      const episodes = evaluate(policy.agent, {
        makeEnv,
        firstSeed: options.seed,
        episodes: starts.length,
        starts,
      });
      return stabilityMap(options.map, episodes, plain);
    } finally {
      plain.close();
    }
  });
}

/** When the policy is pushed, s. */
function pushesOf({ perturbations = [] }: Conditions, episodeS: number): number[] {
  return perturbations
    .filter(({ axis, level }) => axis === "push" && level !== 0)
    .flatMap(({ options }) => pushTimesS(options as PushOptions, episodeS))
    .sort((a, b) => a - b);
}

/** Writes a replay file of one episode a seed; returns their returns. */
export async function recordPolicy(
  policy: Policy,
  options: Conditions & {
    readonly path: string;
    readonly seeds: readonly number[];
    /** Of the network's perturbations: the `seed` of the evaluation the episodes are from; the first of `seeds` if absent. */
    readonly networkSeed?: number;
    readonly signal?: AbortSignal;
  },
): Promise<number[]> {
  return under(policy, options, options.networkSeed ?? options.seeds[0] ?? 0, (makeEnv, engine) =>
    recordReplay(policy.agent, {
      path: options.path,
      makeEnv,
      config: { ...policy.config, environment: { ...policy.config.environment, engine } },
      versions: currentVersions(),
      seeds: options.seeds,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    }),
  );
}
