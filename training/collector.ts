import { z } from "zod";
import type { Agent, Moment } from "../agents/algorithm.ts";
import type { Env, EnvSnapshot } from "../core/env.ts";
import { Rng } from "../core/rng.ts";
import { type ActionRow, actionRow } from "./action-row.ts";
import { ObservationWindow } from "./observation-window.ts";
import type { Transition } from "./replay-buffer.ts";

/** One step of one environment; the arrays are overwritten by the next. */
export interface CollectedStep extends Required<Transition> {
  readonly lane: number;
  /** [window, observation], what the policy saw. */
  readonly window: Float32Array;
  /** The episode, if the step ended one. */
  readonly finished: FinishedEpisode | undefined;
}

/** An episode that has just ended. */
export interface FinishedEpisode {
  /** Sum of the environment's own rewards, whatever the learner was told. */
  readonly return: number;
  /** Sum of what it was told. */
  readonly toldReturn: number;
  readonly length: number;
}

/** Everything needed to go on in the middle of an episode, and between the environments. */
export interface CollectorSnapshot {
  readonly envs: readonly EnvSnapshot[];
  readonly next: number;
  readonly windows: readonly number[];
  readonly actions: readonly number[];
  readonly memory: readonly number[];
  readonly memoryBefore: readonly number[];
  readonly returns: readonly number[];
  readonly toldReturns: readonly number[];
  readonly lengths: readonly number[];
}

const numbers = z.array(z.number());
export const collectorSnapshotSchema: z.ZodType<CollectorSnapshot> = z.strictObject({
  envs: z.array(z.record(z.string(), z.unknown())),
  next: z.number().int().min(0),
  windows: numbers,
  actions: numbers,
  memory: numbers,
  memoryBefore: numbers,
  returns: numbers,
  toldReturns: numbers,
  lengths: z.array(z.number().int().min(0)),
});

export interface CollectorOptions {
  readonly agent: Agent;
  /** Starts the first episodes; the later ones follow from it. */
  readonly seed: number;
  /** Episodes are truncated after this many steps, if the environment does not end them before. */
  readonly episodeSteps?: number;
}

/**
 * Drives several environments, episode after episode.
 *
 * They decide together (one call of the agent for all) and then step in turns, one a call: so that a budget of steps, an
 * evaluation or a checkpoint can fall on any step, however many environments there are.
 */
export class Collector {
  readonly #envs: readonly Env<unknown>[];
  readonly #agent: Agent;
  readonly #row: ActionRow;
  readonly #window: number;
  readonly #observationSize: number;
  readonly #windows: ObservationWindow;
  readonly #actions: Float32Array;
  /** What the policy carries, [lanes, memory], and what it carried into the decisions at hand. */
  readonly #memory: Float32Array;
  readonly #memoryBefore: Float32Array;
  readonly #episodeSteps: number;
  readonly #returns: number[];
  readonly #toldReturns: number[];
  readonly #lengths: number[];
  readonly #seen: Float32Array;
  /** Whose turn it is. */
  #next = 0;

  constructor(envs: readonly Env<unknown>[], options: CollectorOptions) {
    const { agent, seed, episodeSteps } = options;
    const { window } = agent.actor.shape.encoder;
    this.#envs = envs;
    this.#agent = agent;
    this.#window = window;
    this.#episodeSteps = episodeSteps ?? Number.POSITIVE_INFINITY;
    this.#row = actionRow(envs[0]!.actionSpace, envs[0]!.id);
    const starts = envs.map((env, lane) => env.reset({ seed: startSeed(seed, lane) })[0]);
    this.#observationSize = starts[0]!.length;
    this.#windows = new ObservationWindow(window, envs.length, this.#observationSize);
    this.#seen = new Float32Array(window * this.#observationSize);
    this.#actions = new Float32Array(envs.length * this.#row.size);
    const memorySize = agent.restMemory.length;
    this.#memory = new Float32Array(envs.length * memorySize);
    this.#memoryBefore = new Float32Array(envs.length * memorySize);
    this.#returns = envs.map(() => 0);
    this.#toldReturns = envs.map(() => 0);
    this.#lengths = envs.map(() => 0);
    starts.forEach((observation, lane) => {
      this.#start(lane, observation);
    });
  }

  /**
   * The next environment's step.
   *
   * @param random uniformly random actions instead of the agent's (asked for when all decide)
   */
  step(moment: Moment, random: boolean): CollectedStep {
    const lane = this.#next;
    if (lane === 0) this.#decide(moment, random);
    this.#next = lane + 1 === this.#envs.length ? 0 : lane + 1;
    const size = this.#observationSize;
    const window = this.#windows.gather([lane], this.#seen);
    const action = this.#actions.subarray(lane * this.#row.size, (lane + 1) * this.#row.size);
    const env = this.#envs[lane]!;
    const [nextObservation, reward, terminated, truncated, { nativeReward }] = env.step(
      this.#row.toEnvironment(action),
    );
    const memorySize = this.#agent.restMemory.length;
    const age = this.#lengths[lane]!;
    this.#agent.actor.observe(nextObservation);
    // Whatever changes the reward for the learner hands the environment's own on.
    this.#returns[lane]! += typeof nativeReward === "number" ? nativeReward : reward;
    this.#toldReturns[lane]! += reward;
    this.#lengths[lane]!++;
    const ended = terminated || truncated || age + 1 >= this.#episodeSteps;
    const step = {
      lane,
      window,
      observation: window.subarray((this.#window - 1) * size),
      action,
      reward,
      nextObservation,
      terminated,
      ended,
      age,
      memory: this.#memoryBefore.subarray(lane * memorySize, (lane + 1) * memorySize),
      finished: ended
        ? { return: this.#returns[lane]!, toldReturn: this.#toldReturns[lane]!, length: age + 1 }
        : undefined,
    };
    if (ended) this.#start(lane, env.reset()[0]);
    else this.#windows.push(nextObservation, lane);
    return step;
  }

  /** The rates of the policy's neurons in the first environment's present decision, one a neuron; nothing changes. */
  firingRates(): Float32Array {
    const memory = this.#memory.slice(0, this.#agent.restMemory.length);
    return this.#agent.trace(this.#windows.gather([0], this.#seen), [], memory).rates;
  }

  snapshot(): CollectorSnapshot {
    return {
      envs: this.#envs.map((env) => env.snapshot()),
      next: this.#next,
      windows: [...this.#windows.values],
      actions: [...this.#actions],
      memory: [...this.#memory],
      memoryBefore: [...this.#memoryBefore],
      returns: [...this.#returns],
      toldReturns: [...this.#toldReturns],
      lengths: [...this.#lengths],
    };
  }

  restore(snapshot: CollectorSnapshot): void {
    this.#envs.forEach((env, lane) => {
      env.restore(snapshot.envs[lane]!);
      this.#returns[lane] = snapshot.returns[lane]!;
      this.#toldReturns[lane] = snapshot.toldReturns[lane]!;
      this.#lengths[lane] = snapshot.lengths[lane]!;
    });
    this.#next = snapshot.next;
    this.#windows.values.set(snapshot.windows);
    this.#actions.set(snapshot.actions);
    this.#memory.set(snapshot.memory);
    this.#memoryBefore.set(snapshot.memoryBefore);
  }

  close(): void {
    for (const env of this.#envs) env.close();
  }

  #decide(moment: Moment, random: boolean): void {
    const lanes = this.#envs.length;
    this.#memoryBefore.set(this.#memory);
    // A memory follows the observations, whoever chooses the actions.
    if (!random || this.#memory.length > 0) {
      this.#agent.act(this.#windows.values, lanes, moment, this.#actions, this.#memory);
    }
    if (!random) return;
    const { size } = this.#row;
    for (let lane = 0; lane < lanes; lane++) {
      this.#row.sample(moment.rng, this.#actions.subarray(lane * size, (lane + 1) * size));
    }
  }

  #start(lane: number, observation: Float32Array): void {
    this.#agent.actor.observe(observation);
    this.#windows.start(observation, lane);
    this.#returns[lane] = 0;
    this.#toldReturns[lane] = 0;
    this.#lengths[lane] = 0;
    this.#memory.set(this.#agent.restMemory, lane * this.#agent.restMemory.length);
  }
}

/** The first environment starts from the seed itself; the others from their own, by their place. */
function startSeed(seed: number, lane: number): number {
  return lane === 0 ? seed : new Rng(seed).split(`env/${lane}`).integer(2 ** 32);
}
