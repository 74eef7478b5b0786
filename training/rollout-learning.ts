import { z } from "zod";
import type { Moment, OnPolicyAgent, UpdateMetrics } from "../agents/algorithm.ts";
import type { Rollout } from "../agents/experience.ts";
import { FileError } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import type { CollectedStep } from "./collector.ts";
import type { Learning, LearningShape, LearningSnapshot } from "./learning.ts";

const stateSchema = z.strictObject({ filled: z.number().int().min(0) });

/** The parts of a rollout, all of which are stored. */
const PARTS = [
  "observation",
  "nextObservation",
  "action",
  "reward",
  "terminated",
  "ended",
  "memory",
  "starts",
] as const;

/** On-policy: steps fill a rollout; once every environment has made its share of it, it is learnt from and begun anew. */
export class RolloutLearning implements Learning {
  readonly #agent: OnPolicyAgent;
  readonly #shape: LearningShape;
  readonly #rollout: Rollout;
  /** Steps in it, of all lanes. */
  #filled = 0;
  #updates = 0;

  constructor(agent: OnPolicyAgent, shape: LearningShape) {
    const { lanes, window, observationSize, actionSize } = shape;
    const steps = agent.rolloutSteps;
    const column = (width: number) => new Float32Array(steps * lanes * width);
    this.#agent = agent;
    this.#shape = shape;
    this.#rollout = {
      lanes,
      steps,
      observation: column(window * observationSize),
      nextObservation: column(window * observationSize),
      action: column(actionSize),
      reward: column(1),
      terminated: column(1),
      ended: column(1),
      memory: new Float32Array(lanes * agent.restMemory.length),
      starts: column(1),
    };
  }

  get updates(): number {
    return this.#updates;
  }

  isRandom(): boolean {
    return false;
  }

  learn(collected: CollectedStep, _step: number, moment: Moment): UpdateMetrics | undefined {
    this.#add(collected);
    this.#updates = 0;
    const { lanes, steps } = this.#rollout;
    if (this.#filled < lanes * steps) return undefined;
    this.#filled = 0;
    const metrics = this.#agent.update(this.#rollout, moment);
    this.#updates = metrics.updates ?? 1;
    return metrics;
  }

  snapshot(): LearningSnapshot {
    const arrays = PARTS.map((name) => {
      const values = this.#rollout[name].slice();
      return [name, { shape: [values.length], values }] as const;
    }).filter(([, { values }]) => values.length > 0);
    return { arrays: Object.fromEntries(arrays), state: { filled: this.#filled } };
  }

  restore({ arrays, state }: LearningSnapshot): void {
    for (const name of PARTS) {
      const values = this.#rollout[name];
      if (values.length === 0) continue;
      const stored = arrays[name]?.values;
      if (stored?.length !== values.length) {
        throw new FileError(
          `checkpoint: rollout "${name}" has ${stored?.length ?? 0} numbers, expected ${values.length}`,
        );
      }
      values.set(stored);
    }
    this.#filled = parse(stateSchema, state, "checkpoint: rollout").filled;
  }

  #add({
    lane,
    window: seen,
    action,
    reward,
    nextObservation,
    terminated,
    ended,
    age,
    memory,
  }: CollectedStep): void {
    const { window, observationSize, actionSize } = this.#shape;
    const rollout = this.#rollout;
    const { lanes } = rollout;
    const t = Math.floor(this.#filled / lanes);
    this.#filled++;
    if (t === 0) rollout.memory.set(memory, lane * memory.length);
    for (let w = 0; w < window; w++) {
      const at = ((t * window + w) * lanes + lane) * observationSize;
      rollout.observation.set(seen.subarray(w * observationSize, (w + 1) * observationSize), at);
      // One step later the window has moved on by one.
      const later =
        w + 1 < window
          ? seen.subarray((w + 1) * observationSize, (w + 2) * observationSize)
          : nextObservation;
      rollout.nextObservation.set(later, at);
    }
    const row = t * lanes + lane;
    rollout.action.set(action, row * actionSize);
    rollout.reward[row] = reward;
    rollout.terminated[row] = terminated ? 1 : 0;
    rollout.ended[row] = ended ? 1 : 0;
    rollout.starts[row] = age === 0 ? 1 : 0;
  }
}
