import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import type { Agent } from "../agents/algorithm.ts";
import { FileError } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import { Rng, type RngState } from "../core/rng.ts";
import { prepareEngine } from "../envs/physics/index.ts";
import { detectSimd, type SimdLevel } from "../kernels/host.ts";
import { useKernels } from "../kernels/load.ts";
import { makeEncoder } from "../neurons/encoders/index.ts";
import { assembleAgent, assembleEnvironment, assembleTrainingEnvironment, sizesOf } from "./assemble.ts";
import { Collector, collectorSnapshotSchema } from "./collector.ts";
import type { RunConfig } from "./config.ts";
import { evaluate } from "./evaluator.ts";
import { ReplayBuffer } from "./replay-buffer.ts";
import { prefixed, RunFolder, type RunRecord, readLatest, readRunRecord, unprefixed } from "./run-folder.ts";
import { mean } from "./statistics/descriptive.ts";

/** Where a run stands, for a progress bar. */
export interface TrainProgress {
  readonly step: number;
  readonly steps: number;
  readonly stepsPerSecond: number;
  /** Mean return of the last ten training episodes; NaN before the first. */
  readonly recentReturn: number;
  /** Mean return of the latest evaluation; NaN before the first. */
  readonly evaluationReturn: number;
}

export interface TrainOptions {
  /** The run's folder. */
  readonly out: string;
  /** Go on from the folder's latest checkpoint. */
  readonly resume?: boolean;
  /** Stops after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainProgress) => void;
  /** A line worth a reader's eye: an evaluation, a checkpoint that had to be passed over. */
  readonly onNote?: (line: string) => void;
}

export interface TrainSummary {
  readonly preset: string;
  readonly seed: number;
  readonly steps: number;
  readonly wallSeconds: number;
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

/** What a run carries from step to step beside the learner, the buffer and the environment. */
interface Progress {
  step: number;
  episodes: number;
  recentReturns: number[];
  finalReturn: number | null;
  bestReturn: number | null;
  solvedAtStep: number | null;
  confirmedAtStep: number | null;
  wallSeconds: number;
  updateSeconds: number;
  updates: number;
}

const progressSchema = z.strictObject({
  step: z.number().int().min(0),
  episodes: z.number().int().min(0),
  recentReturns: z.array(z.number()),
  finalReturn: z.number().nullable(),
  bestReturn: z.number().nullable(),
  solvedAtStep: z.number().int().nullable(),
  confirmedAtStep: z.number().int().nullable(),
  wallSeconds: z.number(),
  updateSeconds: z.number(),
  updates: z.number().int().min(0),
});

const RECENT_EPISODES = 10;
/** Steps between two rows of learner metrics. */
const METRICS_EVERY = 100;
/** The event loop (signals, progress) gets a turn this often, ms. */
const BREATH_MS = 50;
/** Evaluations of one run all start from these states, so that they can be compared. */
const EVALUATION_SEED = 100_000;
/** And their confirmations from these. */
const CONFIRMATION_SEED = 200_000;

const STREAMS = ["explore", "sample", "update"] as const;
type Streams = Record<(typeof STREAMS)[number], Rng>;

/**
 * Trains one agent in one environment:
 *
 *   environment -> window -> agent -> action -> environment        collector.ts
 *   replay buffer -> agent.update -> metrics
 *   every so often: evaluation, best and latest checkpoint
 *
 * The same configuration and seed give the same metrics to the bit, also when the run was killed at any moment and
 * resumed from its latest checkpoint.
 */
export async function train(config: RunConfig, options: TrainOptions): Promise<TrainSummary> {
  const saved = options.resume ? await readRunRecord(options.out) : undefined;
  const simd = await loadKernelsFor(config, saved, options);
  const { training } = config;
  const root = new Rng(config.seed);
  await prepareEngine(config.environment.engine);
  const env = assembleTrainingEnvironment(config);
  const solvedReturn = training.solvedReturn ?? env.rewardThreshold;
  const agent = assembleAgent(config, env, root.split("agent"));
  const { window } = makeEncoder(config.policy.encoder.id, config.policy.encoder.parameters);
  const buffer = new ReplayBuffer({ ...sizesOf(env), window, capacity: training.bufferCapacity });
  const collector = new Collector(env, buffer, window, config.seed, training.episodeSteps ?? undefined);
  const streams = Object.fromEntries(STREAMS.map((name) => [name, root.split(name)])) as Streams;
  const run: Run = { agent, buffer, collector, streams, progress: freshProgress() };
  if (saved !== undefined) await restore(run, options.out, options);
  const folder =
    saved === undefined
      ? await RunFolder.create(options.out, config, simd)
      : await RunFolder.reopen(options.out, saved, run.progress.step);
  const evaluateFrom = (firstSeed: number, episodes: number) =>
    evaluate(agent, { makeEnv: () => assembleEnvironment(config), window, firstSeed, episodes }).map(
      (episode) => episode.return,
    );
  const batch = buffer.allocateBatch(config.algorithm.parameters.batchSize);
  const { progress } = run;
  try {
    const clock = new Clock(progress);
    let evaluationReturn = progress.finalReturn ?? Number.NaN;
    // A run killed at once can then go on too.
    let savedAt = saved === undefined ? await save(run, folder, clock) : progress.step;

    while (progress.step < training.steps && !isOver(progress, training)) {
      progress.step++;
      const { step } = progress;
      const finished = collector.step(step <= training.randomSteps ? null : agent, streams.explore);
      if (finished !== undefined) {
        progress.episodes++;
        progress.recentReturns = [...progress.recentReturns, finished.return].slice(-RECENT_EPISODES);
        folder.log(step, {
          episode: progress.episodes,
          episodeReturn: finished.return,
          episodeLength: finished.length,
        });
      }

      if (buffer.size >= training.learnFrom) {
        const before = performance.now();
        for (let i = 0; i < training.updatesPerStep; i++) {
          buffer.sample(streams.sample, batch);
          const metrics = agent.update(batch, streams.update);
          progress.updates++;
          if (i === 0 && step % METRICS_EVERY === 0) folder.log(step, metrics);
        }
        progress.updateSeconds += (performance.now() - before) / 1000;
      }

      if (step % training.evaluateEvery === 0 || step === training.steps) {
        const returns = evaluateFrom(EVALUATION_SEED, training.evaluationEpisodes);
        evaluationReturn = mean(returns);
        progress.finalReturn = evaluationReturn;
        folder.log(step, { evaluationReturn, evaluationWorst: Math.min(...returns) });
        const solved = evaluationReturn >= solvedReturn;
        if (solved && progress.solvedAtStep === null) progress.solvedAtStep = step;
        if (solved && training.stopWhenSolved) {
          // Twenty episodes can be lucky; a run that is to end on them must hold from many other starts, each of them.
          const confirmation = evaluateFrom(CONFIRMATION_SEED, training.confirmationEpisodes);
          const held = confirmation.filter((value) => value >= solvedReturn).length;
          folder.log(step, { confirmedShare: held / confirmation.length });
          if (held === confirmation.length) progress.confirmedAtStep = step;
          options.onNote?.(
            `step ${step}: mean return ${evaluationReturn.toFixed(1)} of ${returns.length} episodes (threshold ${solvedReturn}); ` +
              `${held} of ${confirmation.length} other starts hold${held === confirmation.length ? ": solved" : ", going on"}`,
          );
        }
        const best = progress.bestReturn === null || evaluationReturn > progress.bestReturn;
        if (best) progress.bestReturn = evaluationReturn;
        // A policy that holds from every start is the one to keep, whatever a luckier evaluation said before.
        if (best || progress.confirmedAtStep === step)
          await folder.saveBest(agent, { step, evaluationReturn });
      }

      if (step % training.checkpointEvery === 0) savedAt = await save(run, folder, clock);
      if (clock.wantsBreath()) {
        await setImmediate();
        options.onProgress?.({
          step,
          steps: training.steps,
          stepsPerSecond: clock.stepsPerSecond(),
          recentReturn: meanOf(progress.recentReturns),
          evaluationReturn,
        });
        if (options.signal?.aborted) break;
      }
    }

    // A second checkpoint of the same step would only push out the one before.
    if (savedAt !== progress.step) await save(run, folder, clock);
    clock.settle();
    const summary: TrainSummary = {
      preset: config.preset,
      seed: config.seed,
      steps: progress.step,
      wallSeconds: progress.wallSeconds,
      updateMs: progress.updates === 0 ? 0 : (1000 * progress.updateSeconds) / progress.updates,
      finalReturn: progress.finalReturn,
      bestReturn: progress.bestReturn,
      solvedAtStep: progress.solvedAtStep,
      confirmedAtStep: progress.confirmedAtStep,
      solvedReturn,
      evaluationEpisodes: training.evaluationEpisodes,
      complete: progress.step >= training.steps || isOver(progress, training),
      out: options.out,
    };
    await folder.writeSummary(summary);
    return summary;
  } finally {
    folder.close();
    agent.dispose();
    env.close();
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

/** The whole training state as one value. */
interface Run {
  readonly agent: Agent;
  readonly buffer: ReplayBuffer;
  readonly collector: Collector;
  readonly streams: Streams;
  readonly progress: Progress;
}

function freshProgress(): Progress {
  return {
    step: 0,
    episodes: 0,
    recentReturns: [],
    finalReturn: null,
    bestReturn: null,
    solvedAtStep: null,
    confirmedAtStep: null,
    wallSeconds: 0,
    updateSeconds: 0,
    updates: 0,
  };
}

function isOver(progress: Progress, training: RunConfig["training"]): boolean {
  return training.stopWhenSolved && progress.confirmedAtStep !== null;
}

const checkpointStateSchema = z.strictObject({
  learner: z.record(z.string(), z.unknown()),
  buffer: z.strictObject({ size: z.number().int().min(0), cursor: z.number().int().min(0) }),
  collector: collectorSnapshotSchema,
  streams: z.record(
    z.string(),
    z.custom<RngState>((value) => typeof value === "object" && value !== null),
  ),
  progress: progressSchema,
});

async function save(
  { agent, buffer, collector, streams, progress }: Run,
  folder: RunFolder,
  clock: Clock,
): Promise<number> {
  clock.settle();
  const learner = agent.snapshot();
  const stored = buffer.snapshot();
  await folder.saveLatest({
    arrays: { ...prefixed("learner", learner.arrays), ...prefixed("buffer", stored.arrays) },
    state: {
      learner: learner.state,
      buffer: stored.state,
      collector: collector.snapshot(),
      streams: Object.fromEntries(STREAMS.map((name) => [name, streams[name].snapshot()])),
      progress,
    },
  });
  return progress.step;
}

/** Puts the latest checkpoint into a fresh run. */
async function restore(run: Run, path: string, options: TrainOptions): Promise<void> {
  const { arrays, state, warning } = await readLatest(path);
  if (warning !== undefined) options.onNote?.(warning);
  const where = `${path}: checkpoint "latest"`;
  const { learner, buffer, collector, streams, progress } = parse(checkpointStateSchema, state, where);
  run.agent.restore({ arrays: unprefixed("learner", arrays), state: learner });
  run.buffer.restore({ arrays: unprefixed("buffer", arrays), state: buffer });
  run.collector.restore(collector);
  for (const name of STREAMS) {
    const saved = streams[name];
    if (saved === undefined) throw new FileError(`${where} has no random stream "${name}"`);
    run.streams[name].restore(saved);
  }
  Object.assign(run.progress, progress);
}

/** Wall-clock of a run across its resumptions, and when the event loop is due. */
class Clock {
  readonly #progress: Progress;
  #started = performance.now();
  #breath = performance.now();
  readonly #from: { step: number; at: number };

  constructor(progress: Progress) {
    this.#progress = progress;
    this.#from = { step: progress.step, at: performance.now() };
  }

  /** Books the time since the last call. */
  settle(): void {
    const now = performance.now();
    this.#progress.wallSeconds += (now - this.#started) / 1000;
    this.#started = now;
  }

  wantsBreath(): boolean {
    const now = performance.now();
    if (now - this.#breath < BREATH_MS) return false;
    this.#breath = now;
    return true;
  }

  stepsPerSecond(): number {
    return (1000 * (this.#progress.step - this.#from.step)) / (performance.now() - this.#from.at);
  }
}

/** NaN of nothing: there has been none yet. */
function meanOf(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : mean(values);
}
