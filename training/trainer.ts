import { setImmediate } from "node:timers/promises";
import type { Moment } from "../agents/algorithm.ts";
import { DivergenceError } from "../core/errors.ts";
import { Rng } from "../core/rng.ts";
import { prepareEngine } from "../envs/physics/index.ts";
import { detectSimd, type SimdLevel } from "../kernels/host.ts";
import { useKernels } from "../kernels/load.ts";
import {
  assembleAgent,
  assembleEnvironment,
  assembleLearning,
  assembleTrainingEnvironment,
  sizesOf,
} from "./assemble.ts";
import type { TrainCallbacks } from "./callbacks.ts";
import { Collector } from "./collector.ts";
import type { RunConfig } from "./config.ts";
import { confirmSolution } from "./confirm-solution.ts";
import { evaluate } from "./evaluator.ts";
import { RunFolder, type RunRecord, readRunRecord } from "./run-folder.ts";
import { freshProgress, type Progress, RunClock } from "./run-progress.ts";
import { captureRun, makeStreams, type RunState, restoreRun } from "./run-state.ts";
import { mean } from "./statistics/descriptive.ts";

export type { TrainProgress } from "./callbacks.ts";

export interface TrainOptions extends TrainCallbacks {
  /** The run's folder. */
  readonly out: string;
  /** Go on from the folder's latest checkpoint. */
  readonly resume?: boolean;
  /** Stops after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal;
}

export interface TrainSummary {
  readonly preset: string;
  readonly seed: number;
  readonly steps: number;
  readonly wallSeconds: number;
  /** Processor time of the process, evaluations and compiler included: what a busy machine does not blow up. */
  readonly cpuSeconds: number;
  /** Mean time of a gradient update. */
  readonly updateMs: number;
  /** Mean return of the last evaluation, of the best one; null before the first. */
  readonly finalReturn: number | null;
  readonly bestReturn: number | null;
  /** The first evaluation that reached the threshold. */
  readonly solvedAtStep: number | null;
  /** The one that many more episodes confirmed; only runs that stop when solved look for it. */
  readonly confirmedAtStep: number | null;
  readonly solvedReturn: number;
  readonly evaluationEpisodes: number;
  /** Whether it ended by itself, not by a signal. */
  readonly complete: boolean;
  readonly out: string;
}

const RECENT_EPISODES = 10;
/** Steps between two rows of learner metrics. */
const METRICS_EVERY = 100;
/** Evaluations of one run all start from these states, so that they can be compared. */
const EVALUATION_SEED = 100_000;
/** And their confirmations from these. */
const CONFIRMATION_SEED = 200_000;

/**
 * Trains one agent:
 *
 *   environments -> windows -> agent -> actions -> environments      collector.ts
 *   replay buffer | rollout -> agent.update -> metrics               learning.ts
 *   every so often: evaluation, best and latest checkpoint           evaluator.ts, run-folder.ts
 *
 * The same configuration and seed give the same metrics to the bit, also when the run was killed at any moment and
 * resumed from its latest checkpoint.
 *
 * @throws DivergenceError when a quantity of the learner is not finite: which, at which step, and what was kept
 */
export async function train(config: RunConfig, options: TrainOptions): Promise<TrainSummary> {
  const saved = options.resume ? await readRunRecord(options.out) : undefined;
  const simd = await loadKernelsFor(config, saved, options);
  await prepareEngine(config.environment.engine);
  const run = assembleRun(config);
  const warning = saved === undefined ? undefined : await restoreRun(run, options.out);
  if (warning !== undefined) options.onNote?.(warning);
  const folder =
    saved === undefined
      ? await RunFolder.create(options.out, config, simd)
      : await RunFolder.reopen(options.out, saved, run.progress.step);
  const trainer = new Trainer(config, run, folder, options);
  try {
    return await trainer.run(saved === undefined);
  } finally {
    folder.close();
    run.agent.dispose();
    run.collector.close();
  }
}

/** Everything a run consists of, fresh. */
function assembleRun(config: RunConfig): RunState {
  const { training, seed } = config;
  const root = new Rng(seed);
  const envs = Array.from({ length: training.environments }, () => assembleTrainingEnvironment(config));
  const agent = assembleAgent(config, envs[0]!, root.split("agent"));
  const { window } = agent.actor.shape.encoder;
  const streams = makeStreams(root);
  const { episodeSteps } = training;
  return {
    agent,
    collector: new Collector(envs, {
      agent,
      seed,
      ...(episodeSteps === null ? {} : { episodeSteps }),
    }),
    learning: assembleLearning(agent, { ...sizesOf(envs[0]!), window, lanes: envs.length }, streams.sample),
    streams,
    progress: freshProgress(),
  };
}

/** One run's way from its present step to its end. */
class Trainer {
  readonly #config: RunConfig;
  readonly #state: RunState;
  readonly #folder: RunFolder;
  readonly #options: TrainOptions;
  readonly #clock: RunClock;
  readonly #solvedReturn: number;
  #stopped = false;
  /** Step of the latest checkpoint; -1 before the first. */
  #savedAt = -1;

  constructor(config: RunConfig, state: RunState, folder: RunFolder, options: TrainOptions) {
    this.#config = config;
    this.#state = state;
    this.#folder = folder;
    this.#options = options;
    this.#clock = new RunClock(state.progress);
    const env = assembleEnvironment(config);
    this.#solvedReturn = config.training.solvedReturn ?? env.rewardThreshold;
    env.close();
  }

  async run(fresh: boolean): Promise<TrainSummary> {
    const { training } = this.#config;
    const { progress } = this.#state;
    // A run killed at once can then go on too.
    if (fresh) await this.#save();
    else this.#savedAt = progress.step;
    try {
      while (progress.step < training.steps && !this.#isConfirmed() && !this.#stopped) {
        progress.step++;
        const { step } = progress;
        this.#step();
        if (step % training.evaluateEvery === 0 || step === training.steps) await this.#evaluate();
        if (step % training.checkpointEvery === 0) await this.#save();
        if (this.#clock.wantsBreath()) await this.#breathe();
      }
      // A second checkpoint of the same step would only push out the one before.
      if (this.#savedAt !== progress.step) await this.#save();
    } catch (error) {
      if (!(error instanceof DivergenceError)) throw error;
      throw new DivergenceError(
        `step ${progress.step}: ${error.message}; the checkpoint of step ${this.#savedAt} is kept in ${this.#options.out}`,
      );
    }
    return this.#finish();
  }

  /** One environment step, and what is learnt after it. */
  #step(): void {
    const { collector, learning, streams, progress } = this.#state;
    const { step } = progress;
    const share = step / this.#config.training.steps;
    const collected = collector.step({ rng: streams.explore, progress: share }, learning.isRandom(step));
    if (collected.finished !== undefined) {
      const { finished } = collected;
      progress.episodes++;
      progress.recentReturns = [...progress.recentReturns, finished.return].slice(-RECENT_EPISODES);
      this.#folder.log(step, {
        episode: progress.episodes,
        episodeReturn: finished.return,
        episodeLength: finished.length,
        ...(finished.toldReturn === finished.return ? {} : { episodeToldReturn: finished.toldReturn }),
      });
      this.#options.onEpisode?.(step, finished);
    }

    const before = performance.now();
    const moment: Moment = { rng: streams.update, progress: share };
    const metrics = learning.learn(collected, step, moment);
    if (metrics === undefined) return;
    progress.updates += learning.updates;
    progress.updateSeconds += (performance.now() - before) / 1000;
    this.#options.onUpdate?.(step, metrics);
    if (Math.floor(step / METRICS_EVERY) > Math.floor(progress.metricsStep / METRICS_EVERY)) {
      progress.metricsStep = step;
      this.#folder.log(step, metrics);
    }
  }

  async #evaluate(): Promise<void> {
    const { training } = this.#config;
    const { progress, agent } = this.#state;
    const { step } = progress;
    const returns = this.#returnsFrom(EVALUATION_SEED, training.evaluationEpisodes);
    const evaluationReturn = mean(returns);
    progress.finalReturn = evaluationReturn;
    this.#folder.log(step, { evaluationReturn, evaluationWorst: Math.min(...returns) });
    this.#folder.logHistogram(step, "spikeRates", this.#state.collector.firingRates());
    const solved = evaluationReturn >= this.#solvedReturn;
    if (solved && progress.solvedAtStep === null) progress.solvedAtStep = step;
    if (solved && training.stopWhenSolved) this.#confirm(evaluationReturn);
    const best = progress.bestReturn === null || evaluationReturn > progress.bestReturn;
    if (best) progress.bestReturn = evaluationReturn;
    // A policy that holds from every start is the one to keep, whatever a luckier evaluation said before.
    if (best || progress.confirmedAtStep === step) {
      await this.#folder.saveBest(agent, { step, evaluationReturn });
    }
    const answer = this.#options.onEvaluation?.({ step, returns, mean: evaluationReturn, best });
    if (answer === "stop") this.#stopped = true;
  }

  /** A run that is to end must hold from many other starts. */
  #confirm(evaluationReturn: number): void {
    const { training } = this.#config;
    const { progress } = this.#state;
    const { step } = progress;
    const wanted = training.confirmationEpisodes;
    this.#options.onNote?.(
      `step ${step}: mean return ${evaluationReturn.toFixed(1)} of ${training.evaluationEpisodes} episodes (threshold ${this.#solvedReturn}); trying up to ${wanted} other starts`,
    );
    const { held, tried } = confirmSolution((firstSeed, episodes) => this.#returnsFrom(firstSeed, episodes), {
      firstSeed: CONFIRMATION_SEED,
      episodes: wanted,
      threshold: this.#solvedReturn,
    });
    this.#folder.log(step, { confirmedShare: held / tried });
    const all = held === tried;
    if (all) progress.confirmedAtStep = step;
    this.#options.onNote?.(
      `step ${step}: ${held} of ${tried} other starts hold${all ? ": solved" : ", going on"}`,
    );
  }

  #returnsFrom(firstSeed: number, episodes: number): number[] {
    const makeEnv = () => assembleEnvironment(this.#config);
    return evaluate(this.#state.agent, { makeEnv, firstSeed, episodes }).map((episode) => episode.return);
  }

  async #save(): Promise<void> {
    this.#clock.settle();
    await this.#folder.saveLatest(captureRun(this.#state));
    this.#savedAt = this.#state.progress.step;
    this.#options.onCheckpoint?.(this.#savedAt);
  }

  /** Lets signals through and says where the run stands. */
  async #breathe(): Promise<void> {
    await setImmediate();
    const { step, recentReturns, finalReturn } = this.#state.progress;
    this.#options.onProgress?.({
      step,
      steps: this.#config.training.steps,
      stepsPerSecond: this.#clock.stepsPerSecond(),
      recentReturn: recentReturns.length === 0 ? Number.NaN : mean(recentReturns),
      evaluationReturn: finalReturn ?? Number.NaN,
    });
    if (this.#options.signal?.aborted) this.#stopped = true;
  }

  #isConfirmed(): boolean {
    return this.#config.training.stopWhenSolved && this.#state.progress.confirmedAtStep !== null;
  }

  async #finish(): Promise<TrainSummary> {
    this.#clock.settle();
    const { training, preset, seed } = this.#config;
    const progress: Progress = this.#state.progress;
    const summary: TrainSummary = {
      preset,
      seed,
      steps: progress.step,
      wallSeconds: progress.wallSeconds,
      cpuSeconds: progress.cpuSeconds,
      updateMs: progress.updates === 0 ? 0 : (1000 * progress.updateSeconds) / progress.updates,
      finalReturn: progress.finalReturn,
      bestReturn: progress.bestReturn,
      solvedAtStep: progress.solvedAtStep,
      confirmedAtStep: progress.confirmedAtStep,
      solvedReturn: this.#solvedReturn,
      evaluationEpisodes: training.evaluationEpisodes,
      complete: progress.step >= training.steps || this.#isConfirmed(),
      out: this.#options.out,
    };
    await this.#folder.writeSummary(summary);
    return summary;
  }
}

/** A resumed run goes on with the rounding it was begun with, where this machine has it. */
async function loadKernelsFor(
  config: RunConfig,
  saved: RunRecord | undefined,
  options: TrainOptions,
): Promise<SimdLevel> {
  if (saved === undefined)
    return (await useKernels(config.simd === "auto" ? {} : { simd: config.simd })).simd;
  const available = saved.simd === "relaxed" ? await detectSimd() : "strict";
  if (available !== saved.simd) {
    options.onNote?.(
      `the run was begun with ${saved.simd} SIMD, which this machine does not have: it goes on, but not to the bit`,
    );
    return (await useKernels()).simd;
  }
  return (await useKernels({ simd: saved.simd })).simd;
}
