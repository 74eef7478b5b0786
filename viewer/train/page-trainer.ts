import type { Agent, LearnerSnapshot, Moment } from "../../agents/algorithm.ts";
import { Rng } from "../../core/rng.ts";
import {
  assembleAgent,
  assembleEnvironment,
  assembleLearning,
  assembleTrainingEnvironment,
  sizesOf,
} from "../../training/assemble.ts";
import { Collector } from "../../training/collector.ts";
import type { RunConfig } from "../../training/config.ts";
import { confirmSolution } from "../../training/confirm-solution.ts";
import { evaluate } from "../../training/evaluator.ts";
import type { Learning } from "../../training/learning.ts";
import { mean } from "../../training/statistics/descriptive.ts";
import type { TrainEvaluation } from "./messages.ts";

/** As in a run of the command line, so that the same seed is judged from the same starts. */
const evaluationSeed = 100_000;
const confirmationSeed = 200_000;

/**
 * A training run in memory: the collector, the replay buffer, the agent and the evaluator of `spikegym train`, without
 * its folder. The same configuration and seed learn the same. The kernels must be loaded.
 */
export class PageTrainer {
  readonly config: RunConfig;
  readonly agent: Agent;
  readonly solvedReturn: number;
  readonly #collector: Collector;
  readonly #learning: Learning;
  readonly #explore: Rng;
  readonly #update: Rng;
  #step = 0;
  #best: { readonly mean: number; readonly learner: LearnerSnapshot } | undefined;
  #confirmed = false;

  constructor(config: RunConfig) {
    const { training, seed } = config;
    const root = new Rng(seed);
    const envs = Array.from({ length: training.environments }, () => assembleTrainingEnvironment(config));
    this.config = config;
    this.agent = assembleAgent(config, envs[0]!, root.split("agent"));
    const { episodeSteps } = training;
    this.#collector = new Collector(envs, {
      agent: this.agent,
      seed,
      ...(episodeSteps === null ? {} : { episodeSteps }),
    });
    const { window } = this.agent.actor.shape.encoder;
    const shape = { ...sizesOf(envs[0]!), window, lanes: envs.length };
    this.#learning = assembleLearning(this.agent, shape, root.split("sample"));
    this.#explore = root.split("explore");
    this.#update = root.split("update");
    const env = assembleEnvironment(config);
    this.solvedReturn = training.solvedReturn ?? env.rewardThreshold;
    env.close();
  }

  get step(): number {
    return this.#step;
  }

  /** Why there is nothing more to do; undefined: there is. */
  get over(): "solved" | "steps" | undefined {
    if (this.#confirmed && this.config.training.stopWhenSolved) return "solved";
    return this.#step >= this.config.training.steps ? "steps" : undefined;
  }

  get best(): LearnerSnapshot | undefined {
    return this.#best?.learner;
  }

  /** One environment step and what is learnt after it; returns the return of an episode that ended with it. */
  advance(): number | undefined {
    const step = ++this.#step;
    const progress = step / this.config.training.steps;
    const moment = (rng: Rng): Moment => ({ rng, progress });
    const collected = this.#collector.step(moment(this.#explore), this.#learning.isRandom(step));
    this.#learning.learn(collected, step, moment(this.#update));
    return collected.finished?.return;
  }

  get evaluationIsDue(): boolean {
    const { evaluateEvery, steps } = this.config.training;
    return this.#step % evaluateEvery === 0 || this.#step === steps;
  }

  evaluate(): TrainEvaluation {
    const { evaluationEpisodes, confirmationEpisodes, stopWhenSolved } = this.config.training;
    const returns = this.#returnsFrom(evaluationSeed, evaluationEpisodes);
    const average = mean(returns);
    let confirmed: TrainEvaluation["confirmed"] = null;
    if (average >= this.solvedReturn && stopWhenSolved) {
      const { held, tried } = confirmSolution((seed, episodes) => this.#returnsFrom(seed, episodes), {
        firstSeed: confirmationSeed,
        episodes: confirmationEpisodes,
        threshold: this.solvedReturn,
      });
      confirmed = { held, of: tried };
      this.#confirmed = held === tried;
    }
    const best = this.#best === undefined || average > this.#best.mean || this.#confirmed;
    if (best) this.#best = { mean: average, learner: this.agent.snapshot() };
    return { step: this.#step, mean: average, worst: Math.min(...returns), best, confirmed };
  }

  close(): void {
    this.#collector.close();
    this.agent.dispose();
  }

  #returnsFrom(firstSeed: number, episodes: number): number[] {
    const makeEnv = () => assembleEnvironment(this.config);
    return evaluate(this.agent, { makeEnv, firstSeed, episodes }).map((episode) => episode.return);
  }
}
